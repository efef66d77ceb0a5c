/** The help pages' drawings, from the numbers they tell of. */
import { formatNumber, t } from "../i18n/messages.ts";
import { Picture } from "../participant/picture.tsx";
import type { PictureName } from "./guide.ts";

export function HelpPicture({ name }: { name: PictureName }) {
  switch (name) {
    case "way":
      return <Picture />;
    case "noise":
      return <Noise />;
    case "masks":
      return <Masks />;
    case "odds":
      return <Odds />;
  }
}

const [width, height, floor] = [480, 170, 140];

/** Two normal curves, one deviation wide, a tenth of one apart: what z = 10 looks like. */
function Noise() {
  const apart = 24;
  const deviation = 70;
  const curve = (middle: number) =>
    Array.from({ length: 121 }, (_, i) => {
      const x = (i * width) / 120;
      return `${x} ${floor - 115 * Math.exp(-(((x - middle) / deviation) ** 2) / 2)}`;
    }).join("L");
  const middles = [width / 2 - apart / 2, width / 2 + apart / 2] as const;
  return (
    <svg class="picture" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={t("help.picture.noise")}>
      <path d={`M${curve(middles[0])}`} fill="none" stroke="var(--spent)" stroke-width="3" />
      <path d={`M${curve(middles[1])}`} fill="none" stroke="var(--next)" stroke-width="3" stroke-dasharray="8 4" />
      <path d={`M0 ${floor}H${width}`} stroke="currentColor" opacity="0.5" />
      <text x={width / 2 - 95} y="30" font-size="14" text-anchor="end" fill="currentColor">
        {t("help.picture.without")}
      </text>
      <text x={width / 2 + 110} y="30" font-size="14" fill="currentColor">
        {t("help.picture.with")}
      </text>
      <text x={width / 2} y={height - 8} font-size="14" text-anchor="middle" fill="currentColor">
        {t("help.picture.sum")}
      </text>
    </svg>
  );
}

/** Three tabs whose masks are +r and −r along each edge: numbers that add up. */
function Masks() {
  const tabs = [
    { answer: 3, masks: [41, -17] },
    { answer: 5, masks: [-41, 28] },
    { answer: 2, masks: [17, -28] },
  ];
  const signed = (value: number) => formatNumber(value, { signDisplay: "always" });
  const total = tabs.reduce((sum, { answer }) => sum + answer, 0);
  return (
    <table class="masks">
      <caption class="quiet small">{t("help.picture.masks")}</caption>
      <thead>
        <tr>
          <th scope="col">{t("help.masks.answer")}</th>
          <th scope="col">{t("help.masks.masks")}</th>
          <th scope="col">{t("help.masks.leaves")}</th>
        </tr>
      </thead>
      <tbody>
        {tabs.map(({ answer, masks }) => (
          <tr key={answer}>
            <td class="number">{formatNumber(answer)}</td>
            <td class="number">{masks.map(signed).join(" ")}</td>
            <td class="number">{formatNumber(masks.reduce((sum, mask) => sum + mask, answer))}</td>
          </tr>
        ))}
        <tr>
          <td class="number">
            <strong>{formatNumber(total)}</strong>
          </td>
          <td class="number">{formatNumber(0)}</td>
          <td class="number">
            <strong>{formatNumber(total)}</strong>
          </td>
        </tr>
      </tbody>
    </table>
  );
}

/** How far odds of one to one can move, by ε. */
function Odds() {
  const epsilons = [0.5, 1, 2, 4, 8];
  return (
    <table class="masks">
      <caption class="quiet small">{t("help.picture.odds")}</caption>
      <thead>
        <tr>
          <th scope="col">{t("metric.epsilon")}</th>
          <th scope="col">{t("help.odds.factor")}</th>
          <th scope="col">{t("help.odds.belief")}</th>
        </tr>
      </thead>
      <tbody>
        {epsilons.map((epsilon) => (
          <tr key={epsilon}>
            <td class="number">{formatNumber(epsilon)}</td>
            <td class="number">{formatNumber(Math.exp(epsilon), { maximumSignificantDigits: 3 })}</td>
            <td>
              <meter class="weight" min={0} max={1} value={1 / (1 + Math.exp(-epsilon))} aria-hidden="true" />{" "}
              {formatNumber(1 / (1 + Math.exp(-epsilon)), { style: "percent", maximumFractionDigits: 2 })}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
