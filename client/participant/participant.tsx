/** A participant's way through a run: join, look, train, see. The worker's state says which part is shown. */
import { t } from "../i18n/messages.ts";
import { Frame } from "../ui/frame.tsx";
import type { TabState } from "../worker/snapshot.ts";
import { About, AboutAgain } from "./about.tsx";
import { Announcer } from "./announce.tsx";
import { Balance } from "./balance.tsx";
import { Choose } from "./choose.tsx";
import { Consent } from "./consent.tsx";
import { HandOn } from "./hand-on.tsx";
import { Held } from "./held.tsx";
import { NameColumns } from "./name-columns.tsx";
import { OwnRowCard } from "./own-row.tsx";
import { Recommended } from "./recommended.tsx";
import { refusalText } from "./refusal.ts";
import { Remedy } from "./remedy.tsx";
import { Sent } from "./sent.tsx";
import { StateWord } from "./state-word.tsx";
import { snapshot } from "./tab.ts";
import { Training } from "./training.tsx";
import { TryImage } from "./try-image.tsx";
import { TryText } from "./try-text.tsx";

const steps = ["step.join", "step.look", "step.train", "step.see"] as const;

const stepOf: Record<TabState, number> = {
  connecting: 0,
  choosing: 0,
  consenting: 1,
  waiting: 2,
  computing: 2,
  summing: 2,
  finished: 3,
  left: 3,
  declined: 3,
  failed: 3,
};

export function Participant() {
  const { state, task, refusal, checkpoint, balance, unreachable, resting } = snapshot.value;
  const over = stepOf[state] === 3;
  return (
    <Frame>
      <ol class="steps" aria-label={t("steps.label")}>
        {steps.map((step, i) => (
          <li key={step} aria-current={i === stepOf[state] ? "step" : undefined}>
            {t(step)}
          </li>
        ))}
      </ol>
      <StateWord />
      <Announcer />
      {unreachable && resting === undefined && !over && (
        <p class="card problems" role="status" data-testid="offline">
          {t("refusal.offline")}
        </p>
      )}
      {state === "connecting" && <h1>{t("connecting.title")}</h1>}
      {over && (
        <section class="card">
          <h1>{t(state === "finished" ? "finished.title" : state === "left" ? "left.title" : "stopped.title")}</h1>
          <p data-testid="ending">
            {state === "finished" || state === "left" ? t(`${state}.text`) : refusalText(refusal)}
          </p>
          {(state === "failed" || state === "declined") && <Remedy code={refusal?.code} />}
          {state === "finished" && checkpoint && (
            <p class="quiet small">
              {t("checkpoint.text", { size: checkpoint.size, root: checkpoint.root.slice(0, 16) })}
            </p>
          )}
          {balance && <Balance balance={balance} open={false} />}
        </section>
      )}
      {task && state === "choosing" && <About task={task} />}
      {task && state === "choosing" && (snapshot.value.columns ? <NameColumns /> : <Choose task={task} />)}
      {task && state === "consenting" && (
        <>
          <Consent task={task} />
          <AboutAgain task={task} />
        </>
      )}
      {stepOf[state] === 2 && <Training />}
      {state === "finished" && <OwnRowCard />}
      {state === "finished" && <TryText />}
      {state === "finished" && <TryImage />}
      {state === "finished" && <Recommended />}
      {stepOf[state] >= 2 && task && <Sent />}
      {over && task && checkpoint && <Held task={task} />}
      {task && !over && <HandOn />}
    </Frame>
  );
}
