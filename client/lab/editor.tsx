/** A grid, by its axes and by its file: how many cells it makes is said before it runs. */

import { computed, signal } from "@preact/signals";
import { parse, parseDocument } from "yaml";
import { InputError } from "../../shared/errors.ts";
import { asGrid, cellsOfGrid } from "../../shared/lab/grid.ts";
import { faultInWords, faultSentence } from "../i18n/faults.ts";
import { t } from "../i18n/messages.ts";
import { ExampleSelect } from "../ui/example-select.tsx";
import { examplesInto } from "../ui/examples.ts";
import { Typed } from "../ui/typed.tsx";
import { examples, job, start, stop } from "./api.ts";

/** Axes with a field of their own; the others are written in the file. */
const axes = ["epsilon", "penalty", "rounds", "seeds"] as const;

const yaml = signal("");
const toStartFrom = examplesInto(yaml, examples);
const refused = signal<string | undefined>(undefined);
const onAdapter = signal(false);

const content = computed((): Record<string, unknown> => {
  try {
    return parse(yaml.value) ?? {};
  } catch {
    return {};
  }
});

const checked = computed((): { cells: number } | { problem: string } => {
  try {
    return { cells: cellsOfGrid(asGrid(parse(yaml.value))).length };
  } catch (error) {
    if (error instanceof InputError) return { problem: `${error.field} ${faultSentence(error)}` };
    return {
      problem: error instanceof Error ? faultInWords(`is not YAML (${error.message.split("\n")[0]!})`) : String(error),
    };
  }
});

function write(axis: string, text: string): void {
  const values = text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map((part) => (Number.isFinite(Number(part)) ? Number(part) : part));
  const document = parseDocument(yaml.value);
  if (document.errors.length > 0) return;
  if (values.length === 0) document.delete(axis);
  else document.set(axis, document.createNode(values, { flow: true }));
  yaml.value = document.toString({ lineWidth: 120 });
}

function Axis({ axis }: { axis: (typeof axes)[number] }) {
  const values = content.value[axis];
  return (
    <div class="field">
      <label for={`axis-${axis}`}>
        <code>{axis}</code>
      </label>
      <Typed
        id={`axis-${axis}`}
        placeholder={t("form.unset")}
        value={Array.isArray(values) ? values.join(", ") : ""}
        onDone={(text) => write(axis, text)}
      />
      <p class="quiet small">{t(`lab.axis.${axis}`)}</p>
    </div>
  );
}

export function GridEditor() {
  toStartFrom.load();
  if (!toStartFrom.known.value) return null;
  const submit = async () => {
    refused.value = await start(yaml.value, onAdapter.value);
    if (refused.value === undefined) scrollTo({ top: 0 });
  };
  const found = checked.value;
  return (
    <form
      class="card"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <h2>{t("lab.grid")}</h2>
      <ExampleSelect
        examples={toStartFrom.known.value}
        testid="grid-example"
        onChoose={(chosen) => {
          yaml.value = chosen;
        }}
      />
      <div class="side-by-side">
        <div>
          {axes.map((axis) => (
            <Axis key={axis} axis={axis} />
          ))}
        </div>
        <div class="beside">
          <label>
            {t("lab.file")}
            <textarea
              data-testid="grid"
              spellcheck={false}
              value={yaml.value}
              onInput={({ currentTarget }) => {
                yaml.value = currentTarget.value;
              }}
            />
          </label>
          {"cells" in found ? (
            <p data-testid="cells">{t("lab.cells", { cells: found.cells })}</p>
          ) : (
            <p class="problems" role="status">
              {found.problem}
            </p>
          )}
          {refused.value !== undefined && (
            <p class="problems" role="alert">
              {refused.value}
            </p>
          )}
          <label class="check">
            <input
              type="checkbox"
              checked={onAdapter.value}
              onChange={({ currentTarget }) => {
                onAdapter.value = currentTarget.checked;
              }}
            />
            {t("lab.adapter")}
          </label>
          <div class="choices">
            <button type="submit" class="main" data-testid="start" disabled={job.value?.state === "running"}>
              {t("lab.start")}
            </button>
            {job.value?.state === "running" && (
              <button type="button" onClick={stop}>
                {t("lab.stop")}
              </button>
            )}
          </div>
        </div>
      </div>
    </form>
  );
}
