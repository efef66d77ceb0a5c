/** Everything that left the tab, to look at and to keep. */

import { formatNumber, formatTime, t } from "../i18n/messages.ts";
import { save } from "../ui/save.ts";
import { Scroll } from "../ui/scroll.tsx";
import { snapshot } from "./tab.ts";

/** Rows on the page; the download has all. */
const shown = 8;

export function Sent() {
  const { sent, bytesSent } = snapshot.value;
  return (
    <section class="card">
      <h2>{t("sent.title")}</h2>
      {sent.length === 0 ? (
        <p>{t("sent.none")}</p>
      ) : (
        <>
          <p data-testid="sent">{t("sent.total", { count: sent.length, bytes: formatNumber(bytesSent) })}</p>
          <Scroll label={t("sent.title")}>
            <table>
              <thead>
                <tr>
                  <th scope="col">{t("sent.time")}</th>
                  <th scope="col">{t("sent.question")}</th>
                  <th scope="col">{t("sent.vector")}</th>
                  <th scope="col" class="number">
                    {t("sent.bytes")}
                  </th>
                  <th scope="col" class="number">
                    {t("sent.after")}
                  </th>
                  <th scope="col">{t("sent.head")}</th>
                  <th scope="col">{t("sent.hash")}</th>
                </tr>
              </thead>
              <tbody>
                {sent
                  .slice(-shown)
                  .reverse()
                  .map((upload) => (
                    <tr key={upload.sha256}>
                      <td>{formatTime(upload.at)}</td>
                      <td>{t(`question.${upload.question}`)}</td>
                      <td>{t("sent.size", { dimension: upload.dimension, bits: upload.bits })}</td>
                      <td class="number">{formatNumber(upload.bytes)}</td>
                      <td class="number">{formatNumber(upload.epsilonAfter, { maximumFractionDigits: 3 })}</td>
                      <td class="mono">{upload.head.slice(0, 4).join(" ")} …</td>
                      <td class="mono">{upload.sha256.slice(0, 16)}…</td>
                    </tr>
                  ))}
              </tbody>
            </table>
          </Scroll>
          {sent.length > shown && <p class="quiet small">{t("sent.older")}</p>}
          <button
            type="button"
            onClick={() => save("murmur-sent.json", JSON.stringify(sent, null, 1), "application/json")}
          >
            {t("sent.download")}
          </button>
        </>
      )}
    </section>
  );
}
