/** A task, step by step in a form beside its file, from an example or by hand; what is wrong stands beside the field. */

import { signal } from "@preact/signals";
import { isWeakCohort, minimumCohort } from "../../shared/cohort.ts";
import type { Task } from "../../shared/task.ts";
import { faultSentence } from "../i18n/faults.ts";
import { formatNumber, formatPower, t } from "../i18n/messages.ts";
import { ExampleSelect } from "../ui/example-select.tsx";
import { examplesInto } from "../ui/examples.ts";
import { launch } from "./api.ts";
import { checked, isReadable, preview, problems, valueAt, yaml } from "./draft.ts";
import { Fields } from "./field.tsx";
import { taskSchema } from "./schema.ts";

const examples = examplesInto(yaml, async () => {
  const answer = await fetch("/api/tasks");
  return answer.ok ? answer.json() : [];
});
/** What the coordinator said of a file, as long as the file is still that one */
const refused = signal<{ yaml: string; why: string } | undefined>(undefined);
const busy = signal(false);

/** Which blocks of the task each step shows; a block that none names comes with the last. */
const steps = [
  { key: "form.step.purpose", blocks: ["name", "purpose", "purposeIn"] },
  { key: "form.step.data", blocks: ["data"] },
  { key: "form.step.promise", blocks: ["privacy"] },
  { key: "form.step.people", blocks: ["cohort"] },
  { key: "form.step.training", blocks: ["model", "training"] },
  { key: "form.step.fairness", blocks: ["fairness", "objective"] },
  { key: "form.step.explain", blocks: ["explain"] },
  { key: "form.step.conditions", blocks: ["gates", "review", "regimes", "witnesses"] },
] as const;
const named = new Set<string>(steps.flatMap(({ blocks }) => blocks));
const blocksOf = (step: number): string[] => [
  ...steps[step]!.blocks,
  ...(step === steps.length - 1 ? Object.keys(taskSchema.properties).filter((name) => !named.has(name)) : []),
];
const current = signal(0);

export function Launch({ onLaunched }: { onLaunched: (run: string) => void }) {
  examples.load();
  if (!examples.known.value) return null;
  const submit = async () => {
    // What is wrong stands on the page already; nothing has to be asked.
    if (problems.value.length > 0) return;
    const asked = yaml.value;
    busy.value = true;
    const outcome = await launch(asked).finally(() => {
      busy.value = false;
    });
    if (!Array.isArray(outcome)) return onLaunched(outcome.run);
    const why = outcome.map(({ path, problem, fix }) => `${path} ${faultSentence({ problem, fix })}`).join(" ");
    refused.value = { yaml: asked, why };
  };
  return (
    <form
      class="card"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <h2>{t("console.launch")}</h2>
      <ExampleSelect
        examples={examples.known.value}
        testid="example"
        onChoose={(chosen) => {
          yaml.value = chosen;
        }}
      />
      <div class="side-by-side">
        <div>{isReadable.value ? <Steps /> : <p class="problems">{t("form.unreadable")}</p>}</div>
        <div class="beside">
          <label>
            {t("console.launch.yaml")}
            <textarea
              data-testid="yaml"
              spellcheck={false}
              value={yaml.value}
              onInput={(event) => {
                yaml.value = event.currentTarget.value;
              }}
            />
          </label>
          {problems.value.length > 0 && (
            <div class="problems small" role="status" data-testid="problems">
              <strong>{t("console.launch.problems")}</strong>
              <ul>
                {problems.value.map((problem) => (
                  <li key={`${problem.path}/${problem.line}`}>
                    <span class="mono">{`${problem.line}:${problem.column} `}</span>
                    <code>{problem.path}</code> {faultSentence(problem)}
                  </li>
                ))}
              </ul>
            </div>
          )}
          {"task" in checked.value && <Preview task={checked.value.task} />}
          {refused.value?.yaml === yaml.value && (
            <p class="problems" role="alert">
              {refused.value.why}
            </p>
          )}
          <button type="submit" class="main" data-testid="launch" disabled={busy.value}>
            {t("console.launch.button")}
          </button>
        </div>
      </div>
    </form>
  );
}

const wrongIn = (step: number) =>
  problems.value.filter(({ path }) => blocksOf(step).includes(path.split(".")[0]!)).length;

function Steps() {
  const step = current.value;
  return (
    <>
      <nav aria-label={t("form.steps")}>
        <ol class="stepper">
          {steps.map(({ key }, i) => (
            <li key={key}>
              <button
                type="button"
                class={i === step ? "here" : ""}
                aria-current={i === step ? "step" : undefined}
                onClick={() => {
                  current.value = i;
                }}
              >
                {t(key)} {wrongIn(i) > 0 && <span class="problems">{t("form.wrong", { count: wrongIn(i) })}</span>}
              </button>
            </li>
          ))}
        </ol>
      </nav>
      <h3>{t(steps[step]!.key)}</h3>
      <Fields key={step} path={[]} schema={taskSchema} only={blocksOf(step)} />
      <div class="choices">
        <button
          type="button"
          disabled={step === 0}
          onClick={() => {
            current.value--;
          }}
        >
          {t("form.back")}
        </button>
        <button
          type="button"
          disabled={step === steps.length - 1}
          onClick={() => {
            current.value++;
          }}
        >
          {t("form.next")}
        </button>
      </div>
    </>
  );
}

/** What a launch would cost, before it is launched. */
function Preview({ task }: { task: Task }) {
  const plan = preview(task);
  const { epsilon, delta, unit } = task.privacy;
  if (!plan) return <p class="problems small">{t("form.unkeepable")}</p>;
  const rounds = Object.values(plan.rounds).reduce((a, b) => a + b, 0);
  return (
    <p class="small" data-testid="preview">
      {t("form.preview", {
        rounds,
        minimum: minimumCohort(task),
        noise: formatNumber(plan.noiseMultiplier.train, { maximumFractionDigits: 2 }),
        epsilon: formatNumber(epsilon),
        delta: formatPower(delta),
        unit: t(`unit.${unit}`),
      })}{" "}
      {isWeakCohort(task) && <span class="weak">{t("about.weak")}</span>}
      {valueAt(["review"]) !== undefined && t("form.reviewed")}
    </p>
  );
}
