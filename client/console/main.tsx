/** `/console`: an operator launches tasks and watches runs. */
import { signal } from "@preact/signals";
import { render } from "preact";
import { t } from "../i18n/messages.ts";
import { Frame } from "../ui/frame.tsx";
import { key, runs, signOut } from "./api.ts";
import { Compare } from "./compare.tsx";
import { Launch } from "./launch.tsx";
import { RunList } from "./run-list.tsx";
import { RunView } from "./run-view.tsx";
import { Failure, SignIn, trySignIn } from "./sign-in.tsx";

/** The run that is looked at, named in the address so that it can be linked and reloaded. */
const chosen = signal(new URLSearchParams(location.search).get("run"));

function show(run: string | null): void {
  chosen.value = run;
  history.replaceState(null, "", run === null ? location.pathname : `?run=${encodeURIComponent(run)}`);
}

if (key.value !== undefined) void trySignIn(key.value);

function Console() {
  if (key.value === undefined) return <SignIn title={t("console.title")} />;
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
          <p class="choices">
            <a href="/lab">{t("lab.open")}</a>
            <button type="button" class="plain" onClick={signOut}>
              {t("console.signOut")}
            </button>
          </p>
        </>
      )}
    </Frame>
  );
}

render(<Console />, document.body);
