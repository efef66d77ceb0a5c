/** Choosing data: files by hand or by dropping them, a folder, or a sample with one click. */
import { signal } from "@preact/signals";
import { columnsRead, outcomesOf } from "../../shared/data/rows.ts";
import { entityTypesOf, type Task } from "../../shared/task.ts";
import type { Chosen } from "../data/gather.ts";
import { formatNumber, t } from "../i18n/messages.ts";
import { droppedFiles } from "./dropped.ts";
import { refusalText } from "./refusal.ts";
import { chooseFiles, chooseSample, snapshot } from "./tab.ts";

const hovering = signal(false);

const chosenIn = (files: FileList | null): Chosen[] =>
  Array.from(files ?? [], (file) => ({ path: file.webkitRelativePath || file.name, file }));

const take = (chosen: Chosen[]) => {
  if (chosen.length > 0) chooseFiles(chosen);
};

export function Choose({ task }: { task: Task }) {
  const { refusal, bytesSent, decoding } = snapshot.value;
  const { text, images, items, label } = task.data;
  const kind = images ? "images" : entityTypesOf(task) ? "names" : text ? "text" : items ? "choices" : "table";
  const byFolder = kind === "images" || kind === "text";
  return (
    <section class="card">
      <h2>{t("choose.title")}</h2>
      {refusal && (
        <p class="problems" role="alert">
          {refusalText(refusal)}
        </p>
      )}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: dropping is a second way; the inputs beside it work by keyboard */}
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
          if (event.dataTransfer) void droppedFiles(event.dataTransfer).then(take);
        }}
      >
        <label class="button">
          {t(`choose.file.${kind === "choices" ? "table" : kind}`)}
          <input
            class="unseen"
            type="file"
            multiple={byFolder}
            // CoNLL's files have any ending, or none.
            accept={kind === "names" ? "" : `.csv,.tsv,text/csv,text/plain${images ? ",image/*" : ""}`}
            data-testid="file"
            onChange={(event) => take(chosenIn(event.currentTarget.files))}
          />
        </label>
        {byFolder && (
          <label class="button">
            {t("choose.folder")}
            <input
              class="unseen"
              type="file"
              // Not in Preact's types, and in every browser with WebGPU.
              {...{ webkitdirectory: true }}
              data-testid="folder"
              onChange={(event) => take(chosenIn(event.currentTarget.files))}
            />
          </label>
        )}
        <p class="quiet">{t("choose.drop")}</p>
        {snapshot.value.hasSample && (
          <button type="button" data-testid="sample" onClick={chooseSample}>
            {t("choose.sample")}
          </button>
        )}
        {decoding && (
          <p role="status" data-testid="decoding">
            {t("choose.decoding", { done: decoding.done, total: decoding.total })}
          </p>
        )}
      </div>
      <p>
        <strong>{t("choose.never")}</strong> {t("choose.sent", { bytes: formatNumber(bytesSent) })}{" "}
        {images && t("choose.noCamera")}
      </p>
      {images && (
        <p class="quiet small">
          {t("choose.images", { width: images.width, height: images.height, channels: images.channels })}
        </p>
      )}
      {kind !== "table" && (
        <p class="quiet small">
          {t(`choose.how.${kind}`, { label: kind === "choices" ? label.column : labelsText(task) })}
        </p>
      )}
      <p class="quiet small">
        {t("choose.columns", {
          columns: [...columnsRead(task), label.column, ...("order" in label ? [label.order] : [])].join(", "),
        })}
      </p>
    </section>
  );
}

/** Of many labels, the first few are shown. */
const shownOutcomes = 12;

/** What folders may be called, or types of names. */
const labelsText = (task: Task): string => {
  const all = entityTypesOf(task) ?? outcomesOf(task.data.label);
  return `${all.slice(0, shownOutcomes).join(", ")}${all.length > shownOutcomes ? " …" : ""}`;
};
