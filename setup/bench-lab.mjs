/**
 * `npm run bench:lab`: the lab's simulation beside the same as a loop over clients in jax-js, in one headless browser:
 * 1,000 participants of 32 rows, 100 of them a round, 100 rounds. `--json` prints the JSON alone; either way it is in
 * dist/bench/lab.json.
 */
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { folder, installPeers, onPage, peers, servePage } from "./bench-page.mjs";
import { orExplain, SetupFailure, say } from "./failure.mjs";
import { prepare, root } from "./prepare.mjs";

/** Both sides learn the same from the same rows, in other orders. */
const accuracyTolerance = 0.02;

async function measure(page) {
  const results = [];
  for (const name of await page.evaluate(() => globalThis.bench.names)) {
    say(`${name} …`);
    results.push({ name, sides: await page.evaluate((name) => globalThis.bench.measure(name), name) });
  }
  return { results };
}

function printTable({ browser, results }) {
  console.log(`Chromium ${browser}; 1,000 participants, 100 a round, 100 rounds; seconds`);
  for (const { name, sides } of results) {
    const noised = sides[1].seconds;
    for (const { side, reason, seconds, roundsRun, accuracy } of sides) {
      const told = reason ?? `${seconds.toFixed(1).padStart(7)} s  ${(seconds / noised).toFixed(1).padStart(6)}×`;
      const exact = accuracy === undefined ? `(of ${roundsRun} rounds)` : `accuracy ${accuracy.toFixed(4)}`;
      console.log(`${name.padEnd(22)}${side.padEnd(28)}${told}  ${reason ? "" : exact}`);
    }
  }
}

await orExplain(prepare);
await orExplain(async () => {
  const { values } = parseArgs({ options: { json: { type: "boolean", default: false } } });
  installPeers();
  const server = await servePage(join(root, "e2e", "lab-bench"));
  try {
    const found = await onPage(server.resolvedUrls.local[0], measure);
    const all = { date: new Date().toISOString(), cpu: cpus()[0]?.model, peers, ...found };
    writeFileSync(join(folder, "lab.json"), JSON.stringify(all, null, 2));
    if (values.json) console.log(JSON.stringify(all, null, 2));
    else printTable(all);
    const wrong = found.results.flatMap(({ name, sides: [plain, , ...loops] }) =>
      loops
        .filter(({ accuracy }) => accuracy !== undefined && Math.abs(accuracy - plain.accuracy) > accuracyTolerance)
        .map(({ side, accuracy }) => `${name}: ${side} learns ${accuracy}, not ${plain.accuracy}`),
    );
    if (wrong.length > 0) throw new SetupFailure(`not all sides learn the same:\n${wrong.join("\n")}`);
  } finally {
    await server.close();
  }
});
