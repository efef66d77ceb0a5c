/** Choosing data: a file by hand or by dropping it, or a sample with one click. */
import { signal } from "@preact/signals";
import type { Task } from "../../shared/task.ts";
import { formatNumber, t } from "../i18n/messages.ts";
import { refusalText } from "./refusal.ts";
import { chooseFile, chooseSample, snapshot } from "./tab.ts";

const hovering = signal(false);

export function Choose({ task }: { task: Task }) {
  const { refusal, bytesSent } = snapshot.value;
  const { features, text, label } = task.data;
  const columns = [...features.map((f) => f.name), ...(text ? [text.column] : []), label.column];
  const take = (files: FileList | null | undefined) => {
    const file = files?.[0];
    if (file) chooseFile(file);
  };
  return (
    <section class="card">
      <h2>{t("choose.title")}</h2>
      {refusal && (
        <p class="problems" role="alert">
          {refusalText(refusal)}
        </p>
      )}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: dropping is a second way; the input beside it works by keyboard */}
      <div
        class={`drop ${hovering.value ? "over" : ""}`}
        onDragOver={(event) => {
          event.preventDefault();
          hovering.value = true;
        }}
        onDragLeave={() => {
          hovering.value = false;
        }}
        onDrop={(event) => {
          event.preventDefault();
          hovering.value = false;
          take(event.dataTransfer?.files);
        }}
      >
        <label>
          <strong>{t("choose.file")}</strong>{" "}
          <input
            type="file"
            accept=".csv,text/csv,text/plain"
            data-testid="file"
            onChange={(event) => take(event.currentTarget.files)}
          />
        </label>
        <p class="quiet">{t("choose.drop")}</p>
        <button type="button" data-testid="sample" onClick={chooseSample}>
          {t("choose.sample")}
        </button>
      </div>
      <p>
        <strong>{t("choose.never")}</strong> {t("choose.sent", { bytes: formatNumber(bytesSent) })}
      </p>
      <p class="quiet small">{t("choose.columns", { columns: columns.join(", ") })}</p>
    </section>
  );
}
