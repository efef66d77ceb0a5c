/** The audit as one HTML file with its plots in it: nothing is loaded, nothing runs. */
import { type Picture, pictureSide } from "../../shared/privacy/audit/inversion.ts";
import type { AuditDetail } from "./audit.ts";

const twinTexts: Record<string, string> = {
  noiseCut: "noise cut by 30 %",
  fixedSeed: "the same seed in every round",
  clippingOff: "clipping off",
  unconditionalRounding: "the first rounding taken, however long",
};

export function auditPage({ audit, last, canaries, canaryTwin, inversion }: AuditDetail): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const epsilon = (value: number) => (value < 1000 ? value.toFixed(3) : "above 1000");
  const statement = `ε = ${epsilon(audit.claimed)} at δ = ${audit.delta}, for one participant added or removed (add-remove), one noisy sum at noise multiplier ${audit.noiseMultiplier}`;
  const builds = [
    ["the real build", audit] as const,
    ...Object.entries(audit.twins).map(([name, twin]) => [twinTexts[name] ?? name, twin] as const),
  ];
  const bars = builds.map(([text, { lowerBound, flagged }]) => ({ text, bound: lowerBound, ok: !flagged }));
  const rows = builds.map(
    ([text, v]) =>
      `<tr><th scope="row">${text}</th><td>${epsilon(v.lowerBound)}</td><td>${v.flaggedRuns} of ${audit.runs}</td></tr>`,
  );
  const pictures = [
    figure(inversion.target, "what one participant holds"),
    ...inversion.reconstructions.map(({ of, noised, picture, psnr }) =>
      figure(
        picture,
        `${of === 1 ? "from the bare update" : `from a sum of ${of}`}${noised ? ", with noise" : ""}: ${psnr.toFixed(1)} dB`,
      ),
    ),
  ];
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Murmur: privacy audit</title>
<style>
body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem;color:#1b1b1f;background:#fff}
table{border-collapse:collapse}th,td{padding:.25rem .75rem;border-bottom:1px solid #d5d5dd;text-align:left}
figure{display:inline-block;margin:.5rem 1rem .5rem 0;width:8.5rem;vertical-align:top}figcaption{font-size:.85rem}
svg text{font:13px system-ui,sans-serif;paint-order:stroke;stroke:#fff;stroke-width:4px}
</style>
<h1>Privacy audit: ${audit.ok ? "nothing found, and the attack works" : "something is wrong"}</h1>
<p>Claimed: ${statement}. Every bound below holds with ${percent(audit.confidence)} confidence. A bound above the claim
proves an error; a bound below it proves nothing, it only fails to find one.</p>
<h2>The mechanism, by its real path</h2>
<p>Thousands of small cohorts are encoded, noised, masked, added and decoded, with a canary in half of them. The attacker
finds ${percent(last.truePositives)} of the canaries and is wrong about ${percent(last.falsePositives)} of the others. The same
attack on builds broken on purpose:</p>
<table><thead><tr><th scope="col">build</th><th scope="col">ε at least</th><th scope="col">flagged</th></tr></thead>
<tbody>${rows.join("")}</tbody></table>
${barChart(bars, audit.claimed)}
<h2>Canary participants</h2>
<p>${canaries.present.length} random directions took part in a training run of ${audit.canaries.rounds} rounds, beside those who
learn; ${canaries.absent.length} did not. Of the run, ε = ${epsilon(canaries.claimed)} is claimed. How far the model has moved
along each of them (in clip norms a round) gives ε ≥ ${epsilon(canaries.oneRun)} (Steinke, Nasr &amp; Jagielski 2023) and, by the
whole trade-off curve, ε ≥ ${epsilon(canaries.oneRunGaussian)} (Mahloujifar, Melis &amp; Chaudhuri 2024).</p>
${histogram(canaries.present, canaries.absent)}
<p>The same run of a build with a twentieth of the noise: ε ≥ ${epsilon(canaryTwin.oneRun)} and ≥
${epsilon(canaryTwin.oneRunGaussian)}, ${canaryTwin.flagged ? "above the claim, so it is found" : "which is missed"}.</p>
${histogram(canaryTwin.present, canaryTwin.absent)}
<h2>What an update gives away</h2>
<p>Each participant holds one picture. The attacker divides a layer's weights by its bias and takes the best of all
classes. ${audit.picture.flagged ? "Something of it can be seen through the noise, which must not be." : "Through the noise nothing of it can be seen."}
The bare update, without sum and noise, ${audit.picture.twin.flagged ? "is the picture" : "hides it, so this attack says nothing"}.</p>
${pictures.join("\n")}
</html>
`;
}

/** Bounds on a scale that stops at three claims, so that the claim can be seen. */
function barChart(bars: { text: string; bound: number; ok: boolean }[], claimed: number): string {
  const [width, left, height] = [720, 260, 26];
  const x = (value: number) => left + ((width - left - 60) * Math.min(value, 3 * claimed)) / (3 * claimed);
  const rows = bars.map(
    ({ text, bound, ok }, i) =>
      `<text x="${left - 8}" y="${i * height + 18}" text-anchor="end">${text}</text>` +
      `<rect x="${left}" y="${i * height + 4}" width="${(x(bound) - left).toFixed(1)}" height="18" fill="${ok ? "#3b6fb6" : "#b4532a"}"/>` +
      `<text x="${(x(bound) + 6).toFixed(1)}" y="${i * height + 18}">${bound > 3 * claimed ? "beyond" : bound.toFixed(2)}</text>`,
  );
  const bottom = bars.length * height;
  return (
    `<svg role="img" aria-label="Lower bounds on ε of each build beside the claim" viewBox="0 0 ${width} ${bottom + 24}" width="100%">` +
    `<line x1="${x(claimed)}" x2="${x(claimed)}" y1="0" y2="${bottom}" stroke="#1b1b1f" stroke-dasharray="4 3"/>${rows.join("")}` +
    `<text x="${x(claimed)}" y="${bottom + 17}" text-anchor="middle">claimed</text></svg>`
  );
}

function histogram(present: readonly number[], absent: readonly number[]): string {
  const [width, height, bins] = [720, 180, 40];
  const all = [...present, ...absent];
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const count = (scores: readonly number[]) => {
    const counts = new Array<number>(bins).fill(0);
    for (const score of scores) counts[Math.min(bins - 1, Math.floor(((score - low) / (high - low || 1)) * bins))]!++;
    return counts.map((n) => n / Math.max(1, scores.length));
  };
  const [there, away] = [count(present), count(absent)];
  const tallest = Math.max(...there, ...away);
  const path = (shares: number[]) =>
    shares
      .map(
        (share, i) =>
          `${i === 0 ? "M" : "L"}${((i + 0.5) * width) / bins} ${(height - (share / tallest) * (height - 10)).toFixed(1)}`,
      )
      .join("");
  return (
    `<svg role="img" aria-label="Scores of canaries that took part and of those that did not" viewBox="0 0 ${width} ${height + 22}" width="100%">` +
    `<path d="${path(away)}" fill="none" stroke="#6b6b75" stroke-width="2" stroke-dasharray="5 3"/>` +
    `<path d="${path(there)}" fill="none" stroke="#b4532a" stroke-width="2"/>` +
    `<text x="0" y="${height + 17}">${low.toFixed(1)}</text>` +
    `<text x="${width / 2}" y="${height + 17}" text-anchor="middle">solid: took part · dashed: did not</text>` +
    `<text x="${width}" y="${height + 17}" text-anchor="end">${high.toFixed(1)}</text></svg>`
  );
}

function figure(picture: Picture, caption: string): string {
  const squares = Array.from(picture, (value, i) => {
    const grey = Math.round(255 * Math.min(1, Math.max(0, value)));
    return `<rect x="${i % pictureSide}" y="${Math.floor(i / pictureSide)}" width="1.02" height="1.02" fill="rgb(${grey},${grey},${grey})"/>`;
  });
  return (
    `<figure><svg role="img" aria-label="${caption}" viewBox="0 0 ${pictureSide} ${pictureSide}" width="100%">` +
    `${squares.join("")}</svg><figcaption>${caption}</figcaption></figure>`
  );
}
