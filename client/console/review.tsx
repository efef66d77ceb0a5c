/** A run's ethics review: who has signed what, and a place to sign. The key is read in this page and stays in it. */
import { signal } from "@preact/signals";
import { fromBase64, toHex } from "../../shared/canonical.ts";
import type { Decision, Standing, Statement } from "../../shared/governance/review.ts";
import { signBody } from "../../shared/round/signed.ts";
import { isOver, type RunDetail } from "../../shared/run-record.ts";
import { taskHash } from "../../shared/task.ts";
import { asTask } from "../../shared/task-rules.ts";
import { faultSentence } from "../i18n/faults.ts";
import { t } from "../i18n/messages.ts";
import { Scroll } from "../ui/scroll.tsx";
import { call } from "./api.ts";

const problem = signal<string | undefined>(undefined);

export function Review({ run, review }: { run: RunDetail; review: Standing }) {
  const over = isOver(run.state);
  const possible: Decision[] =
    run.state === "proposed"
      ? ["approve", "reject"]
      : over
        ? ["approve", "except", "withdraw"]
        : ["approve", "withdraw"];
  return (
    <section class="card" data-testid="review" data-state={review.state}>
      <h2>{t("console.review")}</h2>
      <p>{t(`review.${review.state}`)}</p>
      {review.excepted.includes(run.modelHash) && <p>{t("console.review.excepted")}</p>}
      <Scroll label={t("console.review")}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t("console.review.reviewer")}</th>
              <th scope="col">{t("console.review.decision")}</th>
              <th scope="col">{t("console.review.when")}</th>
            </tr>
          </thead>
          <tbody>
            {review.reviewers.map(({ name, decision, at }) => (
              <tr key={name}>
                <td class="wrap">{name}</td>
                <td>{decision ? t(`review.${decision}`) : t("console.review.none")}</td>
                <td>{at?.slice(0, 16).replace("T", " ") ?? "—"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void sign(run, new FormData(event.currentTarget));
        }}
      >
        <h3>{t("console.review.sign")}</h3>
        <p>
          <label>
            {t("console.review.key")} <input type="file" name="key" required />
          </label>
        </p>
        <p>
          <label>
            {t("console.review.decision")}{" "}
            <select name="decision">
              {possible.map((decision) => (
                <option key={decision} value={decision}>
                  {t(`review.${decision}`)}
                </option>
              ))}
            </select>
          </label>
        </p>
        <label>
          {t("console.review.reasons")}
          <textarea name="reasons" class="prose short" required minlength={10} maxlength={4000} rows={4} />
        </label>
        <button type="submit" data-testid="sign">
          {t("console.review.button")}
        </button>
        {problem.value !== undefined && (
          <p class="problems" role="alert">
            {problem.value}
          </p>
        )}
      </form>
    </section>
  );
}

async function sign(run: RunDetail, form: FormData): Promise<void> {
  problem.value = undefined;
  const signer = await signerFrom((await (form.get("key") as File).text()).trim()).catch(() => undefined);
  if (!signer) {
    problem.value = t("console.review.badKey");
    return;
  }
  const decision = form.get("decision") as Decision;
  const body: Statement = {
    run: run.run,
    taskHash: await taskHash(asTask(run.task)),
    reviewer: signer.reviewer,
    decision,
    ...(decision === "except" && { modelHash: run.modelHash }),
    reasons: String(form.get("reasons")),
    at: new Date().toISOString(),
  };
  const answer = await call(`/api/reviews/${run.run}`, await signBody("review", body, signer));
  if (answer.ok) return;
  const { error } = await answer.json();
  problem.value = `${error.field} ${faultSentence(error)}`;
}

/** @param pkcs8 Ed25519, base64, as `murmur review-key` writes it */
async function signerFrom(pkcs8: string) {
  const ed25519 = { name: "Ed25519" };
  const bytes = fromBase64(pkcs8);
  const visible = await crypto.subtle.importKey("pkcs8", bytes, ed25519, true, ["sign"]);
  const { x } = await crypto.subtle.exportKey("jwk", visible);
  const key = await crypto.subtle.importKey("pkcs8", bytes, ed25519, false, ["sign"]);
  return {
    reviewer: toHex(fromBase64(`${x!.replaceAll("-", "+").replaceAll("_", "/")}=`)),
    sign: async (message: Uint8Array<ArrayBuffer>) => new Uint8Array(await crypto.subtle.sign(ed25519, key, message)),
  };
}
