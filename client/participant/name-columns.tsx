/** A file whose columns have other names than the task's: guesses, for its owner to correct before anything is read. */
import { signal } from "@preact/signals";
import { t } from "../i18n/messages.ts";
import { nameColumns, snapshot } from "./tab.ts";

/** Needed column → the file's, as chosen; what is not in here is as guessed */
const chosen = signal<Record<string, string>>({});

export function NameColumns() {
  const match = snapshot.value.columns!;
  const named = { ...match.guesses, ...chosen.value };
  const used = match.missing.map((needed) => named[needed] ?? "");
  const open = used.filter((column) => column === "").length;
  const twice = used.filter((column, i) => column !== "" && used.indexOf(column) !== i);
  return (
    <form
      class="card"
      data-testid="columns"
      onSubmit={(event) => {
        event.preventDefault();
        if (open > 0 || twice.length > 0) return;
        nameColumns(Object.fromEntries(match.missing.map((needed) => [needed, named[needed]!])));
        chosen.value = {};
      }}
    >
      <h1>{t("columns.title")}</h1>
      <p>{t("columns.text", { file: match.fileName })}</p>
      {match.missing.map((needed) => (
        <div class="field" key={needed}>
          <label for={`column-${needed}`}>
            <code>{needed}</code>
          </label>
          <select
            id={`column-${needed}`}
            value={named[needed] ?? ""}
            aria-invalid={(named[needed] ?? "") === "" || twice.includes(named[needed]!)}
            onChange={({ currentTarget }) => {
              chosen.value = { ...chosen.value, [needed]: currentTarget.value };
            }}
          >
            <option value="">{t("columns.choose")}</option>
            {match.candidates.map(({ column, cells }) => (
              <option key={column} value={column}>
                {`${column} — ${cells.join(", ")}`}
              </option>
            ))}
          </select>
        </div>
      ))}
      {open > 0 && <p class="problems">{t("columns.open", { open })}</p>}
      {twice.length > 0 && <p class="problems">{t("columns.twice", { column: twice[0]! })}</p>}
      <button type="submit" class="main">
        {t("columns.take")}
      </button>
      <p class="quiet small">{t("choose.never")}</p>
    </form>
  );
}
