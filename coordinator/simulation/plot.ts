/** A scenario's result as a figure: accuracy against gap, every way to train with its intervals. SVG, no script. */
import { type BenchResult, type Method, methods } from "./bench.ts";

const size = { width: 720, height: 440, left: 70, right: 190, top: 60, bottom: 55 };
/** Okabe & Ito's colours, told apart by all kinds of eyes; shapes tell them apart in print. */
const marks: Record<Method, { colour: string; shape: string }> = {
  "no penalty": { colour: "#000000", shape: "M-5,-5H5V5H-5Z" },
  "naive local penalties": { colour: "#d55e00", shape: "M0,-6L6,5H-6Z" },
  FairFed: { colour: "#0072b2", shape: "M0,-7L7,0L0,7L-7,0Z" },
  ours: { colour: "#009e73", shape: "M-6,0A6,6 0 1 0 6,0A6,6 0 1 0 -6,0Z" },
  "central, same penalty": { colour: "#cc79a7", shape: "M-6,-2H-2V-6H2V-2H6V2H2V6H-2V2H-6Z" },
};

export function plotOf(result: BenchResult): string {
  const shown = methods.flatMap((method) => {
    const own = result.methods[method];
    return own && Number.isFinite(own.gap.mean) ? [{ method, ...own }] : [];
  });
  const quality = result.gap === "aucGap" ? "auc" : "accuracy";
  const x = axis(
    shown.flatMap((s) => [s.gap.low, s.gap.high]),
    [size.left, size.width - size.right],
    0,
  );
  const y = axis(
    shown.flatMap((s) => [s[quality].low, s[quality].high]),
    [size.height - size.bottom, size.top],
  );
  const points = shown.map(({ method, gap, ...own }) => {
    const { colour, shape } = marks[method];
    const [cx, cy] = [x.at(gap.mean), y.at(own[quality].mean)];
    const bars = `M${x.at(Math.max(0, gap.low))},${cy}H${x.at(gap.high)}M${cx},${y.at(own[quality].low)}V${y.at(own[quality].high)}`;
    return `<path d="${bars}" stroke="${colour}" fill="none"/><path d="${shape}" transform="translate(${cx},${cy})" fill="${colour}"/>`;
  });
  const legend = shown.map(({ method }, i) => {
    const { colour, shape } = marks[method];
    const at = `translate(${size.width - size.right + 20},${size.top + 10 + 24 * i})`;
    return `<g transform="${at}"><path d="${shape}" fill="${colour}"/><text x="14" y="4">${method}</text></g>`;
  });
  const privacy =
    result.epsilon === null
      ? "no privacy noise"
      : `ε = ${result.epsilon} per ${result.unit} (FairFed and central: none)`;
  const heading = `${result.scenario}: ${quality === "auc" ? "AUC" : "accuracy"} against ${result.gap}`;
  const under = `${result.attributes.join(", ")} · ${result.participants} participants · ${privacy} · ${result.seeds.length} seeds, 95 % intervals`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" font-family="system-ui, sans-serif" font-size="12" role="img">
<title>${heading}</title>
<rect width="100%" height="100%" fill="#fff"/>
<text x="${size.left}" y="24" font-size="15">${heading}</text>
<text x="${size.left}" y="42" fill="#444">${under}</text>
${x.ticks.map((t) => `<path d="M${x.at(t)},${size.top}V${size.height - size.bottom}" stroke="#ddd"/><text x="${x.at(t)}" y="${size.height - size.bottom + 18}" text-anchor="middle">${t}</text>`).join("\n")}
${y.ticks.map((t) => `<path d="M${size.left},${y.at(t)}H${size.width - size.right}" stroke="#ddd"/><text x="${size.left - 8}" y="${y.at(t) + 4}" text-anchor="end">${t}</text>`).join("\n")}
<text x="${(size.left + size.width - size.right) / 2}" y="${size.height - 14}" text-anchor="middle">gap (${result.gap}) on test rows</text>
${points.join("\n")}
${legend.join("\n")}
</svg>
`;
}

/** A scale over the values, with about five round ticks. */
export function axis(values: number[], [from, to]: [number, number], include = Math.min(...values)) {
  const [least, most] = [Math.min(include, ...values.map((v) => Math.max(v, 0))), Math.max(...values)];
  const raw = Math.max(1e-4, most - least) / 4;
  const unit = 10 ** Math.floor(Math.log10(raw));
  const step = unit * ([1, 2, 5, 10].find((m) => m * unit >= raw) ?? 10);
  const low = Math.floor(least / step) * step;
  const count = Math.max(1, Math.ceil((most - low) / step - 1e-9));
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return {
    ticks: Array.from({ length: count + 1 }, (_, i) => Number((low + i * step).toFixed(digits))),
    at: (value: number) => Number((from + ((value - low) / (count * step)) * (to - from)).toFixed(1)),
  };
}
