/** Every field of a task with what its schema says: nothing here is written by hand. */
import { discriminator, kindOf, resolve, type Schema, taskSchema } from "../console/schema.ts";
import { inWords } from "../i18n/describe.ts";
import { t } from "../i18n/messages.ts";
import { Scroll } from "../ui/scroll.tsx";

interface Row {
  path: string;
  schema: Schema;
  required: boolean;
}

/** Deeper layers of layers are named once. */
const deepest = 5;

function rowsOf(schema: Schema, path: string, required: boolean, depth = 0): Row[] {
  const one = resolve(schema);
  const own = path === "" || one.const !== undefined ? [] : [{ path, schema: one, required }];
  if (depth > deepest) return own;
  const below = Object.entries(one.properties ?? {}).flatMap(([name, inner]) =>
    rowsOf(inner, path === "" ? name : `${path}.${name}`, one.required?.includes(name) ?? false, depth + 1),
  );
  // Of several shapes each field is named once.
  const shapes = new Map(
    (one.anyOf ?? []).flatMap((shape) =>
      rowsOf(shape, path, false, depth + 1)
        .filter((row) => row.path !== path)
        .map((row) => [row.path, row]),
    ),
  );
  const item = one.items && resolve(one.items);
  const listed = !item
    ? []
    : (item.oneOf ?? [item]).map(resolve).flatMap((variant) => {
        const kind = kindOf(variant);
        const at = kind === "" ? `${path}[]` : `${path}[${discriminator}: ${kind}]`;
        return variant.type === "object" ? rowsOf(variant, at, false, depth + 1).filter((row) => row.path !== at) : [];
      });
  return [...own, ...below, ...shapes.values(), ...listed];
}

function allowed({ enum: options, minimum, exclusiveMinimum, maximum, default: standard }: Schema): string {
  const from = minimum !== undefined ? `≥ ${minimum}` : exclusiveMinimum !== undefined ? `> ${exclusiveMinimum}` : "";
  const to = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? `≤ ${maximum}` : "";
  const plain = standard !== undefined && typeof standard !== "object";
  return [options?.join(", ") ?? "", from, to, plain ? t("form.default", { value: String(standard) }) : ""]
    .filter((part) => part !== "")
    .join(" · ");
}

export function TaskFields() {
  return (
    <>
      {Object.entries(taskSchema.properties).map(([name, block]) => (
        <section key={name} class="card">
          <h2>
            <code>{name}</code>
          </h2>
          <Scroll label={name}>
            <table>
              <thead>
                <tr>
                  <th scope="col">{t("help.field")}</th>
                  <th scope="col">{t("help.kind")}</th>
                  <th scope="col">{t("help.allowed")}</th>
                  <th scope="col">{t("help.meaning")}</th>
                </tr>
              </thead>
              <tbody>
                {rowsOf(block, name, taskSchema.required?.includes(name) ?? false).map(({ path, schema, required }) => (
                  <tr key={path}>
                    <th scope="row" class="mono">
                      {path}
                    </th>
                    <td>
                      {schema.type ?? ""} {required && t("form.needed")}
                    </td>
                    <td class="wrap">{allowed(schema)}</td>
                    <td class="wrap">{schema.description === undefined ? "" : inWords(schema.description)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Scroll>
        </section>
      ))}
    </>
  );
}
