/** `/console`: an operator launches tasks and watches runs. */
import { signal } from "@preact/signals";
import { render } from "preact";
import { t } from "../i18n/messages.ts";
import { Frame } from "../ui/frame.tsx";
import { failure, key, runs, signIn, signOut } from "./api.ts";
import { Compare } from "./compare.tsx";
import { Launch } from "./launch.tsx";
import { RunList } from "./run-list.tsx";
import { RunView } from "./run-view.tsx";

/** The run that is looked at, named in the address so that it can be linked and reloaded. */
const chosen = signal(new URLSearchParams(location.search).get("run"));

function show(run: string | null): void {
  chosen.value = run;
  history.replaceState(null, "", run === null ? location.pathname : `?run=${encodeURIComponent(run)}`);
}

const wrong = signal(false);

async function trySignIn(candidate: string): Promise<void> {
  try {
    wrong.value = !(await signIn(candidate));
  } catch (error) {
    failure.value = t("console.failed", { reason: error instanceof Error ? error.message : String(error) });
  }
}

if (key.value !== undefined) void trySignIn(key.value);

function Console() {
  if (key.value === undefined) return <SignIn />;
  const run = chosen.value === null ? undefined : runs.value?.get(chosen.value);
  return (
    <Frame title={t("console.title")} wide>
      <Failure />
      {run ? (
        <>
          <button type="button" class="plain" onClick={() => show(null)}>
            {t("console.back")}
          </button>
          <RunView run={run} />
        </>
      ) : (
        <>
          <RunList onChoose={show} />
          <Compare runs={[...(runs.value?.values() ?? [])]} />
          <Launch onLaunched={show} />
          <button type="button" class="plain" onClick={signOut}>
            {t("console.signOut")}
          </button>
        </>
      )}
    </Frame>
  );
}

const Failure = () =>
  failure.value !== undefined && (
    <p class="problems" role="alert">
      {failure.value}
    </p>
  );

function SignIn() {
  return (
    <Frame title={t("console.title")}>
      <Failure />
      <form
        class="card"
        onSubmit={(event) => {
          event.preventDefault();
          void trySignIn(String(new FormData(event.currentTarget).get("key")));
        }}
      >
        <h1>{t("console.title")}</h1>
        <label>
          {t("console.signIn")} <input name="key" type="password" autocomplete="off" required data-testid="key" />
        </label>{" "}
        <button type="submit">{t("console.signIn.button")}</button>
        <p class="quiet small">{t("console.signIn.help")}</p>
        {wrong.value && (
          <p class="problems" role="alert">
            {t("console.signIn.wrong")}
          </p>
        )}
      </form>
    </Frame>
  );
}

render(<Console />, document.body);
