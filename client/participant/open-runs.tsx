/** What is open, for somebody who came without an invitation. */
import { signal } from "@preact/signals";
import type { Task } from "../../shared/task.ts";
import { t } from "../i18n/messages.ts";
import { purposeOf } from "../i18n/purpose.ts";
import { Frame } from "../ui/frame.tsx";
import { Picture } from "./picture.tsx";

type OpenRun = Pick<Task, "name" | "purpose" | "purposeIn"> & { run: string };

const runs = signal<OpenRun[] | "loading" | "failed">("loading");

export async function loadOpenRuns(): Promise<void> {
  try {
    const answer = await fetch("/api/open");
    runs.value = answer.ok ? await answer.json() : "failed";
  } catch {
    runs.value = "failed";
  }
}

export function OpenRuns() {
  const found = runs.value;
  return (
    <Frame>
      <h1>{t("app.motto")}</h1>
      <Picture />
      <section class="card">
        <h2>{t("open.title")}</h2>
        {found === "loading" && <p>{t("open.loading")}</p>}
        {found === "failed" && (
          <p class="problems" role="alert">
            {t("open.failed")}
          </p>
        )}
        {found.length === 0 && <p>{t("open.none")}</p>}
        {Array.isArray(found) && found.length > 0 && (
          <>
            <p class="quiet">{t("open.invited")}</p>
            <dl>
              {found.map((run) => (
                <div key={run.run}>
                  <dt>
                    <strong>{run.name}</strong> <span class="quiet mono">{run.run}</span>
                  </dt>
                  <dd>{purposeOf(run)}</dd>
                </div>
              ))}
            </dl>
          </>
        )}
      </section>
    </Frame>
  );
}
