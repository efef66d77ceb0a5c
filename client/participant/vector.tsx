/**
 * The way of the last answer, with its own numbers: in whole steps, with noise, with masks, in the sum. It plays
 * when a vector leaves, for less than five seconds, not at all where motion is unwelcome, and no more once somebody
 * looks at a station by hand. The worker shows these integers to this page only.
 */
import { signal, useSignalEffect } from "@preact/signals";
import { formatNumber, t } from "../i18n/messages.ts";
import { Scroll } from "../ui/scroll.tsx";
import type { Glimpse } from "../worker/snapshot.ts";
import { snapshot } from "./tab.ts";

const stations = ["vector.clip", "vector.noise", "vector.mask", "vector.sum"] as const;
const texts = ["vector.clip.text", "vector.noise.text", "vector.mask.text", "vector.sum.text"] as const;
const stationMs = 1100;
const leaving = 2;
const sumSign = "Σ";

const station = signal(leaving);
let playing: ReturnType<typeof setTimeout> | undefined;
let played = "";
let byHand = false;

/** Who looks at a station of their own choice is not taken away from it. */
function lookAt(i: number): void {
  clearTimeout(playing);
  playing = undefined;
  byHand = true;
  station.value = i;
}

/** A vector that leaves while another is on its way takes over where that one is. */
function play(glimpse: Glimpse): void {
  const name = `${glimpse.round}/${glimpse.question}/${glimpse.masked.join()}`;
  if (name === played) return;
  played = name;
  if (playing !== undefined || byHand || document.hidden) return;
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  station.value = 0;
  const next = () => {
    station.value++;
    playing = station.value < stations.length - 1 ? setTimeout(next, stationMs) : undefined;
  };
  playing = setTimeout(next, stationMs);
}

const [width, height, floor] = [360, 150, 75];

export function Vector() {
  const { glimpse, task } = snapshot.value;
  useSignalEffect(() => {
    if (snapshot.value.glimpse) play(snapshot.value.glimpse);
  });
  if (!glimpse || !task) return null;
  const at = station.value;
  const values = {
    norm: formatNumber(task.privacy.clipNorm),
    unit: t(`unit.${task.privacy.unit}`),
    others: glimpse.cohort - 1,
    bits: glimpse.bits,
  };
  return (
    <section class="vector" aria-label={t("vector.title")}>
      <h2>{t("vector.title")}</h2>
      <p class="quiet small">
        {t("vector.what", {
          round: glimpse.round,
          question: t(`question.${glimpse.question}`),
          shown: glimpse.encoded.length,
          dimension: glimpse.dimension,
        })}
      </p>
      <Bars glimpse={glimpse} at={at} />
      <div class="stations">
        {stations.map((key, i) => (
          <button
            key={key}
            type="button"
            aria-pressed={i === at}
            class={i === at ? "here" : ""}
            onClick={() => lookAt(i)}
          >
            {t(key)}
          </button>
        ))}
      </div>
      <p class="caption">{t(texts[at]!, values)}</p>
      <Numbers glimpse={glimpse} />
    </section>
  );
}

/** A masked integer as far above or below the middle as its range allows: it is as likely to be anywhere. */
const centred = (value: number, bits: number) => value / 2 ** (bits - 1) - 1;

function Bars({ glimpse, at }: { glimpse: Glimpse; at: number }) {
  const { encoded, noised, masked, bits } = glimpse;
  const largest = Math.max(1, ...encoded.map(Math.abs), ...noised.map(Math.abs));
  const shown = [encoded.map((x) => x / largest), noised.map((x) => x / largest), masked.map((x) => centred(x, bits))];
  const bars = shown[Math.min(at, leaving)]!;
  const step = 300 / encoded.length;
  const isAdded = at === stations.length - 1;
  return (
    <svg class="bars" viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      <path d={`M0 ${floor}H300`} stroke="var(--line)" />
      {at === 1 &&
        shown[0]!.map((x, i) => <rect key={`ghost${i}`} class="ghost" x={i * step + 2} width={step - 4} {...bar(x)} />)}
      <g class={isAdded ? "moving added" : "moving"}>
        {bars.map((x, i) => (
          <rect key={i} class={at >= leaving ? "masked" : "own"} x={i * step + 2} width={step - 4} {...bar(x)} />
        ))}
      </g>
      <g class={isAdded ? "sigma here" : "sigma"}>
        {[0, 1, 2].map((row) => (
          <path key={row} d={`M150 ${30 + row * 45}H300L322 ${floor}`} />
        ))}
        <text class="sum-sign" x="340" y={floor + 11} text-anchor="middle">
          {sumSign}
        </text>
      </g>
    </svg>
  );
}

const bar = (x: number) => {
  const size = Math.max(1, Math.abs(x) * (floor - 4));
  return { y: x >= 0 ? floor - size : floor, height: size };
};

function Numbers({ glimpse }: { glimpse: Glimpse }) {
  const { encoded, noised, masked, bits } = glimpse;
  return (
    <details class="small">
      <summary>{t("vector.numbers")}</summary>
      <Scroll label={t("vector.numbers")}>
        <table>
          <thead>
            <tr>
              <th scope="col" class="number">
                {t("vector.place")}
              </th>
              <th scope="col" class="number">
                {t("vector.clip")}
              </th>
              <th scope="col" class="number">
                {t("vector.ownNoise")}
              </th>
              <th scope="col" class="number">
                {t("vector.noise")}
              </th>
              <th scope="col" class="number">
                {t("vector.mask")}
              </th>
            </tr>
          </thead>
          <tbody>
            {encoded.map((value, i) => (
              <tr key={`${i}`}>
                <td class="number">{formatNumber(i + 1)}</td>
                <td class="number">{formatNumber(value)}</td>
                <td class="number">{formatNumber(noised[i]! - value, { signDisplay: "exceptZero" })}</td>
                <td class="number">{formatNumber(noised[i]!)}</td>
                <td class="number mono">{masked[i]!.toString(16).padStart(Math.ceil(bits / 4), "0")}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      <p class="quiet">{t("vector.stays")}</p>
    </details>
  );
}
