/** Everything that left the tab, to look at and to keep. */

import { formatNumber, formatTime, t } from "../i18n/messages.ts";
import { save } from "../ui/save.ts";
import { Scroll } from "../ui/scroll.tsx";
import type { SentVector } from "../worker/snapshot.ts";
import { Hex } from "./hex.tsx";
import { lastBytes, snapshot } from "./tab.ts";

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
            <table data-testid="vectors">
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
          <Bytes last={sent.at(-1)!} />
        </>
      )}
      <Traffic />
    </section>
  );
}

/** The last vector, byte by byte; whole, it is in the download, whose SHA-256 is that of the table. */
function Bytes({ last }: { last: SentVector }) {
  const download = async () => {
    const bytes = await lastBytes();
    if (bytes) save(`murmur-round-${last.round}.bin`, new Uint8Array(bytes), "application/octet-stream");
  };
  return (
    <details class="small">
      <summary>{t("sent.hex")}</summary>
      <p class="quiet">{t("sent.hex.text", { shown: last.bytesHead.length, bytes: formatNumber(last.bytes) })}</p>
      <Scroll label={t("sent.hex")}>
        <Hex bytes={last.bytesHead} />
      </Scroll>
      <button type="button" onClick={() => void download()}>
        {t("sent.hex.download")}
      </button>
    </details>
  );
}

/** In the order in which a round has them. */
const kinds = [
  "connection",
  "hello",
  "ready",
  "nonce",
  "shares",
  "masked",
  "piece",
  "agreement",
  "unmask",
  "decline",
  "withdraw",
] as const;

/** Every message, also those that carry nothing of the data: where the numbers in the tables are all there is. */
function Traffic() {
  const { traffic } = snapshot.value;
  const known = kinds.filter((kind) => traffic[kind] !== undefined);
  if (known.length === 0) return null;
  const total = Object.values(traffic).reduce((sum, { bytes }) => sum + bytes, 0);
  return (
    <details class="small" data-testid="traffic">
      <summary>{t("traffic.title", { bytes: formatNumber(total) })}</summary>
      <Scroll label={t("traffic.label")}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t("traffic.kind")}</th>
              <th scope="col" class="number">
                {t("traffic.count")}
              </th>
              <th scope="col" class="number">
                {t("sent.bytes")}
              </th>
              <th scope="col">{t("traffic.what")}</th>
            </tr>
          </thead>
          <tbody>
            {known.map((kind) => (
              <tr key={kind}>
                <th scope="row">{kind}</th>
                <td class="number">{formatNumber(traffic[kind]!.messages)}</td>
                <td class="number">{formatNumber(traffic[kind]!.bytes)}</td>
                <td class="wrap">{t(`traffic.${kind}`)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      <p class="quiet">{t("traffic.note")}</p>
    </details>
  );
}
