/** Three vectors on their way into one sum: clipped, noised, masked; only the sum can be read. */
import { t } from "../i18n/messages.ts";

/** Heights of a vector's bars at each station, by tab: the shape fades, then is gone. */
const stations = [
  [30, 12, 22, 8],
  [22, 9, 16, 6],
  [25, 5, 19, 9],
  [9, 27, 14, 21],
];

export function Picture() {
  const words = [t("picture.tab"), t("picture.clip"), t("picture.noise"), t("picture.mask")];
  return (
    <svg class="picture" viewBox="-10 0 540 190" role="img" aria-label={t("about.picture")}>
      {stations.map((bars, station) => (
        <g key={words[station]} transform={`translate(${20 + station * 100} 20)`}>
          {[0, 1, 2].map((row) => (
            <g key={row} transform={`translate(0 ${row * 46})`} opacity={row === 0 ? 1 : 0.45}>
              {bars.map((height, i) => {
                const turned = bars[(i + row) % bars.length]!;
                const size = row === 0 ? height : turned;
                return (
                  <rect
                    key={i}
                    x={i * 12}
                    y={36 - size}
                    width="9"
                    height={size}
                    fill={station === 3 ? "currentColor" : "var(--spent)"}
                    fill-opacity={station === 3 ? 0.55 : 1}
                  />
                );
              })}
              {station < 3 && <path d="M58 20h26m-7-6 7 6-7 6" stroke="currentColor" fill="none" opacity="0.5" />}
            </g>
          ))}
          <text x="22" y="164" font-size="18" text-anchor="middle" fill="currentColor">
            {words[station]}
          </text>
        </g>
      ))}
      <path d="M376 40h36l24 44M376 86h60M376 132h36l24-44" stroke="currentColor" fill="none" opacity="0.5" />
      <g transform="translate(440 62)">
        {[34, 16, 27, 12].map((size, i) => (
          <rect key={i} x={i * 14} y={40 - size} width="11" height={size} fill="var(--next)" />
        ))}
        <text x="28" y="122" font-size="18" text-anchor="middle" fill="currentColor">
          {t("picture.sum")}
        </text>
      </g>
    </svg>
  );
}
