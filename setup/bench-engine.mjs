/**
 * `npm run bench:engine`: our engine beside TensorFlow.js and jax-js, in one headless browser on one adapter.
 *
 *   --only CASE   cases whose name holds this text (several times: any of them)
 *   --json        the JSON alone on standard output, instead of the table; either way it is in dist/bench/result.json
 */
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { folder, installPeers, onPage, peers, servePage } from "./bench-page.mjs";
import { orExplain, SetupFailure, say } from "./failure.mjs";
import { prepare, root } from "./prepare.mjs";

async function measure(page, only) {
  const { adapter, sides } = await page.evaluate(() => globalThis.bench.start());
  const known = await page.evaluate(() => globalThis.bench.cases);
  const chosen = known.filter(({ name }) => only.length === 0 || only.some((text) => name.includes(text)));
  if (chosen.length === 0) {
    throw new SetupFailure(`--only: no case holds that text; there are ${known.map(({ name }) => name).join("; ")}.`);
  }
  const peak = await page.evaluate(() => globalThis.bench.peak());
  const results = [];
  for (const { kind, name } of chosen) {
    const start = Date.now();
    results.push({ kind, name, sides: await page.evaluate((name) => globalThis.bench.measure(name), name) });
    say(`${name}: ${((Date.now() - start) / 1000).toFixed(1)} s`);
  }
  return { adapter, sides, peak, results };
}

/** All that computes the same must come to the same loss; clipped steps go elsewhere after the first. */
const lossTolerance = 2e-3;
const productTolerance = 1e-5;

function disagreements({ kind, name, sides }) {
  const ran = sides.filter(({ reason }) => !reason);
  if (kind === "product") {
    return ran
      .filter(({ error }) => !(error <= productTolerance))
      .map(({ side, error }) => `${name}: ${side} errs by ${error}`);
  }
  const [reference] = ran;
  return ran.flatMap(({ side, losses }) =>
    losses
      .map((loss, i) => ({ loss, expected: reference.losses[i], at: i === 0 ? "at first" : "later" }))
      .filter(({ at }) => at === "at first" || !side.endsWith("clipped"))
      .filter(({ loss, expected }) => !(Math.abs(loss - expected) <= lossTolerance * Math.abs(expected)))
      .map(({ loss, expected, at }) => `${name}: ${side} has a loss of ${loss} ${at}, not ${expected}`),
  );
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

/** Rates, and beside them how many times as fast the first side is. */
function printTable({ browser, adapter, peak, sides, results }) {
  const line = (name, cells) => console.log([name.padEnd(62), ...cells.map((cell) => cell.padStart(16))].join(" "));
  console.log(`Chromium ${browser}, ${adapter}`);
  console.log(
    `peak: ${peak.muladd.toFixed(2)} GFLOP/s of muladd, ${peak.copy.toFixed(2)} GB/s of copying, ` +
      `${Math.round(peak.dispatches)} dispatches/s, ${peak.submit.toFixed(2)} ms a submit\n`,
  );
  line("medians (and how many times as fast the first side is)", sides);
  for (const { kind, name, sides: measured } of results) {
    const [m, k, n] = name.split("×").map(Number);
    const scale = kind === "product" ? (2 * m * k * n) / 1e9 : 1;
    const first = measured[0].reason ? undefined : median(measured[0].rates);
    const cells = sides.map((side) => {
      const { rates, reason } = measured.find((one) => one.side === side) ?? { reason: "absent" };
      if (reason) return "–";
      const rate = median(rates);
      return (rate * scale).toPrecision(3) + (first ? ` (${(first / rate).toFixed(1)}×)` : "");
    });
    line(kind === "product" ? `${name}, GFLOP/s` : `${name}, steps/s`, cells);
  }
  for (const { name, sides: measured } of results) {
    for (const { side, reason } of measured) if (reason) console.log(`${name}: ${side}: ${reason}`);
  }
}

await orExplain(prepare);
await orExplain(async () => {
  const { values } = parseArgs({
    options: { only: { type: "string", multiple: true, default: [] }, json: { type: "boolean", default: false } },
  });
  installPeers();
  const server = await servePage(join(root, "kernels", "bench"));
  try {
    const found = await onPage(server.resolvedUrls.local[0], (page) => measure(page, values.only));
    const all = { date: new Date().toISOString(), cpu: cpus()[0]?.model, peers, ...found };
    writeFileSync(join(folder, "result.json"), JSON.stringify(all, null, 2));
    if (values.json) console.log(JSON.stringify(all, null, 2));
    else printTable(all);
    const wrong = found.results.flatMap(disagreements);
    if (wrong.length > 0) throw new SetupFailure(`not all sides compute the same:\n${wrong.join("\n")}`);
  } finally {
    await server.close();
  }
});
