/** One field of the task, drawn from its schema; what it says is read from the draft and written back into it. */
import { useState } from "preact/hooks";
import { likestOf } from "../../shared/task-faults.ts";
import { inWords } from "../i18n/describe.ts";
import { faultSentence } from "../i18n/faults.ts";
import { t } from "../i18n/messages.ts";
import { type Path, problems, valueAt, write } from "./draft.ts";
import { discriminator, kindOf, resolve, type Schema } from "./schema.ts";

interface FieldProps {
  path: Path;
  schema: Schema;
  required: boolean;
}

export function Field({ path, schema: given, required }: FieldProps) {
  const schema = resolve(given);
  if (schema.const !== undefined) return null;
  if (schema.anyOf) return <Shapes path={path} shapes={schema.anyOf.map(resolve)} />;
  if (schema.oneOf) return <Union path={path} variants={schema.oneOf.map(resolve)} />;
  if (schema.type === "object") return <Block path={path} schema={schema} required={required} />;
  if (schema.type === "array" && !isListOfTexts(schema)) return <List path={path} schema={schema} />;
  return <Value path={path} schema={schema} required={required} />;
}

const isListOfTexts = ({ items, prefixItems }: Schema): boolean =>
  prefixItems !== undefined || (items !== undefined && resolve(items).type === "string");

const nameOf = (path: Path) => String(path.at(-1));
const idOf = (path: Path) => `task-${path.join("-")}`;
const problemsAt = (path: Path) => problems.value.filter((problem) => problem.path === path.join("."));

/** What is wrong, and what to do, right where it is. */
function Wrong({ path }: { path: Path }) {
  const own = problemsAt(path);
  if (own.length === 0) return null;
  return (
    <p class="problems small" id={`${idOf(path)}-wrong`}>
      {own.map((fault) => `${nameOf(path)} ${faultSentence(fault)}`).join(" ")}
    </p>
  );
}

const Description = ({ schema, path }: { schema: Schema; path: Path }) =>
  schema.description === undefined ? null : (
    <p class="quiet small" id={`${idOf(path)}-about`}>
      {inWords(schema.description)}
    </p>
  );

/** A text, a number, a choice, or several texts with commas between. */
function Value({ path, schema, required }: FieldProps) {
  const value = valueAt(path);
  const text = Array.isArray(value) ? value.join(", ") : value === undefined || value === null ? "" : String(value);
  const [typed, setTyped] = useState(text);
  const isList = schema.type === "array";
  const isNumber = schema.type === "number" || schema.type === "integer";
  // What is being typed stays as it is, as long as it means what the file says: «1.» is on its way to 1.5.
  const same = isNumber
    ? Number(typed) === value
    : isList
      ? split(typed).join() === split(text).join()
      : typed === text;
  const shown = same && typed !== "" ? typed : text;
  const take = (next: string) => {
    setTyped(next);
    if (next.trim() === "" && (isList || isNumber || !required)) write(path, isList && required ? [] : undefined);
    else if (isList) write(path, split(next));
    else if (isNumber && Number.isFinite(Number(next))) write(path, Number(next));
    else write(path, next);
  };
  const about = [
    schema.description !== undefined && `${idOf(path)}-about`,
    problemsAt(path).length > 0 && `${idOf(path)}-wrong`,
  ].filter(Boolean);
  const common = {
    id: idOf(path),
    "aria-invalid": problemsAt(path).length > 0,
    ...(about.length > 0 && { "aria-describedby": about.join(" ") }),
  };
  const fallback =
    schema.default === undefined ? t("form.unset") : t("form.default", { value: String(schema.default) });
  return (
    <div class="field">
      <label for={idOf(path)}>
        <code>{nameOf(path)}</code> {required && <span class="quiet small">{t("form.needed")}</span>}
      </label>
      {schema.enum ? (
        <select
          {...common}
          value={text}
          onChange={({ currentTarget }) =>
            write(
              path,
              schema.enum!.find((option) => String(option) === currentTarget.value),
            )
          }
        >
          {!required && <option value="">{fallback}</option>}
          {schema.enum.map((option) => (
            <option key={option} value={option}>
              {option}
            </option>
          ))}
        </select>
      ) : (schema.maxLength ?? 0) > 200 ? (
        <textarea {...common} class="prose" value={shown} onInput={({ currentTarget }) => take(currentTarget.value)} />
      ) : (
        <input
          {...common}
          type="text"
          inputMode={isNumber ? "decimal" : "text"}
          autocomplete="off"
          spellcheck={false}
          placeholder={required ? "" : fallback}
          value={shown}
          onInput={({ currentTarget }) => take(currentTarget.value)}
        />
      )}
      <Description schema={schema} path={path} />
      <Wrong path={path} />
    </div>
  );
}

const split = (text: string): string[] =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");

/** Fields that are needed or there already stand open; the others wait folded. */
function Block({ path, schema, required }: FieldProps) {
  const there = valueAt(path) !== undefined;
  const optional = !required && schema.default === undefined && path.length > 0;
  return (
    <fieldset class="block">
      {path.length > 0 && (
        <legend>
          <code>{nameOf(path)}</code>
        </legend>
      )}
      <Description schema={schema} path={path} />
      <Wrong path={path} />
      {optional && (
        <button type="button" class="plain" onClick={() => write(path, there ? undefined : {})}>
          {t(there ? "form.without" : "form.with", { name: nameOf(path) })}
        </button>
      )}
      {(there || !optional) && <Fields path={path} schema={schema} />}
    </fieldset>
  );
}

export function Fields({ path, schema, only }: { path: Path; schema: Schema; only?: readonly string[] }) {
  const all = Object.entries(schema.properties ?? {}).filter(([name]) => only === undefined || only.includes(name));
  const isNeeded = (name: string) => schema.required?.includes(name) ?? false;
  const isOpen = ([name, inner]: [string, Schema]) =>
    isNeeded(name) ||
    valueAt([...path, name]) !== undefined ||
    resolve(inner).type === "object" ||
    problemsAt([...path, name]).length > 0;
  const draw = ([name, inner]: [string, Schema]) => (
    <Field key={name} path={[...path, name]} schema={inner} required={isNeeded(name)} />
  );
  const folded = all.filter((entry) => !isOpen(entry));
  return (
    <>
      {all.filter(isOpen).map(draw)}
      {folded.length > 0 && (
        <details>
          <summary>{t("form.more", { count: folded.length })}</summary>
          {folded.map(draw)}
        </details>
      )}
    </>
  );
}

function Union({ path, variants }: { path: Path; variants: Schema[] }) {
  const kind = String(valueAt([...path, discriminator]) ?? "");
  const variant = variants.find((one) => kindOf(one) === kind);
  const name = valueAt([...path, "name"]);
  return (
    <>
      <div class="field">
        <label for={idOf([...path, discriminator])}>
          <code>{discriminator}</code>
        </label>
        <select
          id={idOf([...path, discriminator])}
          value={kind}
          onChange={({ currentTarget }) =>
            write(path, { ...(name !== undefined && { name }), [discriminator]: currentTarget.value })
          }
        >
          {variants.map((one) => (
            <option key={kindOf(one)} value={kindOf(one)}>
              {kindOf(one)}
            </option>
          ))}
        </select>
        <Wrong path={[...path, discriminator]} />
      </div>
      {variant && <Fields path={path} schema={variant} />}
    </>
  );
}

/** Several shapes of one block, each known by its fields. */
function Shapes({ path, shapes }: { path: Path; shapes: Schema[] }) {
  const value = valueAt(path);
  const shape = likestOf(shapes, value);
  const namesOf = ({ properties = {} }: Schema) => Object.keys(properties);
  return (
    <fieldset class="block">
      <legend>
        <code>{nameOf(path)}</code>
      </legend>
      <div class="field">
        <label for={`${idOf(path)}-shape`}>{t("form.shape")}</label>
        <select
          id={`${idOf(path)}-shape`}
          value={namesOf(shape).join(", ")}
          onChange={({ currentTarget }) => {
            const next = shapes.find((one) => namesOf(one).join(", ") === currentTarget.value)!;
            const kept = namesOf(next).map((name) => [name, valueAt([...path, name])]);
            const fresh = namesOf(next).map((name) => [name, next.properties![name]!.type === "array" ? [] : ""]);
            write(path, Object.fromEntries([...fresh, ...kept.filter(([, own]) => own !== undefined)]));
          }}
        >
          {shapes.map((one) => (
            <option key={namesOf(one).join()}>{namesOf(one).join(", ")}</option>
          ))}
        </select>
      </div>
      <Wrong path={path} />
      <Fields path={path} schema={shape} />
    </fieldset>
  );
}

/** Entries one below the other, each folded under its name. */
function List({ path, schema }: { path: Path; schema: Schema }) {
  const items = resolve(schema.items ?? {});
  const value = valueAt(path);
  const entries = Array.isArray(value) ? value : [];
  const isPlain = items.type !== "object" && !items.oneOf;
  return (
    <fieldset class="block">
      <legend>
        <code>{nameOf(path)}</code>
      </legend>
      <Description schema={schema} path={path} />
      <Wrong path={path} />
      {isPlain ? (
        <p class="quiet small">{t("form.inFile")}</p>
      ) : (
        <>
          {entries.map((entry, i) => {
            const at = [...path, i];
            const wrong = problems.value.filter((problem) => `${problem.path}.`.startsWith(`${at.join(".")}.`)).length;
            return (
              <details key={`${i}`} class="entry" {...(wrong > 0 && { open: true })}>
                <summary>
                  {titleOf(entry) || t("form.entry", { number: i + 1 })}{" "}
                  {wrong > 0 && <span class="problems small">{t("form.wrong", { count: wrong })}</span>}
                </summary>
                {items.oneOf ? (
                  <Union path={at} variants={items.oneOf.map(resolve)} />
                ) : (
                  <Fields path={at} schema={items} />
                )}
                <button type="button" class="plain" onClick={() => write(at, undefined)}>
                  {t("form.remove")}
                </button>
              </details>
            );
          })}
          <button
            type="button"
            onClick={() => {
              const fresh = items.oneOf ? { [discriminator]: kindOf(resolve(items.oneOf[0]!)) } : {};
              write(path, [...entries, fresh]);
            }}
          >
            {t("form.add")}
          </button>
        </>
      )}
    </fieldset>
  );
}

function titleOf(entry: unknown): string {
  if (typeof entry !== "object" || entry === null) return "";
  const { name, metric, kind, outputs, penalty } = entry as Record<string, unknown>;
  return [name ?? metric ?? penalty, kind, outputs].filter((part) => part !== undefined).join(" · ");
}
