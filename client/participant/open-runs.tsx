/** What is open, for somebody who came without an invitation. */
import { signal } from "@preact/signals";
import { t } from "../i18n/messages.ts";
import { Frame } from "../ui/frame.tsx";
import { Picture } from "./picture.tsx";

interface OpenRun {
  run: string;
  name: string;
  purpose: string;
}

const runs = signal<OpenRun[] | undefined>(undefined);

export function OpenRuns() {
  if (runs.value === undefined) {
    void fetch("/api/open")
      .then((answer) => answer.json())
      .then((found: OpenRun[]) => {
        runs.value = found;
      })
      .catch(() => {
        runs.value = [];
      });
  }
  return (
    <Frame>
      <h1>{t("app.motto")}</h1>
      <Picture />
      <section class="card">
        <h2>{t("open.title")}</h2>
        {runs.value === undefined && <p>{t("open.loading")}</p>}
        {runs.value?.length === 0 && <p>{t("open.none")}</p>}
        {runs.value !== undefined && runs.value.length > 0 && (
          <>
            <p class="quiet">{t("open.invited")}</p>
            <dl>
              {runs.value.map((run) => (
                <div key={run.run}>
                  <dt>
                    <strong>{run.name}</strong> <span class="quiet mono">{run.run}</span>
                  </dt>
                  <dd>{run.purpose}</dd>
                </div>
              ))}
            </dl>
          </>
        )}
      </section>
    </Frame>
  );
}
