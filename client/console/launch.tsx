/** A task file, from an example or by hand, and what is wrong with it, line by line. */
import { signal } from "@preact/signals";
import { t } from "../i18n/messages.ts";
import { type LaunchProblem, launch } from "./api.ts";

interface Example {
  name: string;
  yaml: string;
}

const examples = signal<Example[] | undefined>(undefined);
const yaml = signal("");
const problems = signal<LaunchProblem[]>([]);
const busy = signal(false);

async function loadExamples(): Promise<void> {
  const answer = await fetch("/api/tasks");
  examples.value = answer.ok ? await answer.json() : [];
  // The bank's comes first: its data are there after a plain install.
  const first = examples.value?.find((example) => example.name.startsWith("bank")) ?? examples.value?.[0];
  if (yaml.value === "" && first) yaml.value = first.yaml;
}

export function Launch({ onLaunched }: { onLaunched: (run: string) => void }) {
  if (examples.value === undefined) void loadExamples();
  const submit = async () => {
    busy.value = true;
    const outcome = await launch(yaml.value).finally(() => {
      busy.value = false;
    });
    if (Array.isArray(outcome)) {
      problems.value = outcome;
      return;
    }
    problems.value = [];
    onLaunched(outcome.run);
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
      <p class="choices">
        <span>{t("console.launch.example")}:</span>
        {examples.value?.map((example) => (
          <button
            key={example.name}
            type="button"
            onClick={() => {
              yaml.value = example.yaml;
              problems.value = [];
            }}
          >
            {example.name}
          </button>
        ))}
      </p>
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
        <div class="problems" role="alert" data-testid="problems">
          <strong>{t("console.launch.problems")}</strong>
          <ul>
            {problems.value.map((problem) => (
              <li key={`${problem.path}/${problem.line}`}>
                {problem.line !== undefined && <span class="mono">{`${problem.line}:${problem.column} `}</span>}
                <code>{problem.path}</code> {problem.problem}. {problem.fix}
              </li>
            ))}
          </ul>
        </div>
      )}
      <button type="submit" class="main" data-testid="launch" disabled={busy.value}>
        {t("console.launch.button")}
      </button>
    </form>
  );
}
