/** The trained model on one's own images. They are looked at in this tab, and go nowhere. */
import { t } from "../i18n/messages.ts";
import { answered } from "./answered.ts";
import { Outcomes } from "./outcomes.tsx";
import { snapshot, tryImage } from "./tab.ts";
import { Thumbnail } from "./thumbnails.tsx";

const { shown, busy, failed, ask } = answered(async (place: number, cell: string) => ({
  place,
  seen: await tryImage(cell),
}));

export function TryImage() {
  const { lookable, task, data } = snapshot.value;
  if (!lookable || !task?.data.images || !data) return null;
  const shape = task.data.images;
  const { columns, rows } = data.preview;
  const [image, label] = [shape.column, task.data.label.column].map((column) => columns.indexOf(column));
  const told = shown.value;
  return (
    <section class="card" data-testid="try-image">
      <h2>{t("look.title")}</h2>
      <p>{t("look.text")}</p>
      <ul class="thumbnails">
        {rows.map((row, place) => (
          <li key={`${place}`}>
            <button
              type="button"
              class="plain"
              aria-pressed={told?.place === place}
              disabled={busy.value}
              onClick={() => void ask(place, row[image!]!)}
            >
              <Thumbnail cell={row[image!]!} shape={shape} label={row[label!]!} />
            </button>
          </li>
        ))}
      </ul>
      <div aria-live="polite" aria-busy={busy.value}>
        {failed.value && <p class="problems">{t("try.failed")}</p>}
        {told && !busy.value && (
          <>
            <div class="looked">
              <Thumbnail
                cell={rows[told.place]![image!]!}
                shape={shape}
                label={t("look.where")}
                weights={told.seen.weights}
              />
              <p>{t("look.where")}</p>
            </div>
            <Outcomes title={t("look.title")} outcomes={told.seen.outcomes} />
            <p class="quiet small">{t("look.note")}</p>
          </>
        )}
      </div>
    </section>
  );
}
