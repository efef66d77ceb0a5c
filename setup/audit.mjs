/**
 * `npm run audit`: known faults of the dependencies that are delivered, from npm's advisory service. Fails on a high or
 * critical one; where the service cannot be reached it says so, and that nothing was checked.
 */
import { spawnSync } from "node:child_process";
import { root } from "./prepare.mjs";

const { stdout } = spawnSync("npm", ["audit", "--omit=dev", "--json"], {
  cwd: root,
  encoding: "utf8",
  shell: process.platform === "win32",
});
const answer = parse(stdout);
const counts = answer?.metadata?.vulnerabilities;
if (!counts) {
  console.log(
    `audit: NOT CHECKED, the advisory service gave no answer (${answer?.message ?? answer?.error?.summary ?? "none"})`,
  );
} else {
  const bad = Object.values(answer.vulnerabilities ?? {}).filter(({ severity }) => /high|critical/.test(severity));
  for (const { name, severity, range } of bad) console.log(`audit: ${name} ${range}: ${severity}`);
  console.log(
    `audit: ${counts.total} known faults in ${answer.metadata.dependencies?.prod ?? "the"} packages, ${bad.length} of them high or critical`,
  );
  process.exitCode = bad.length > 0 ? 1 : 0;
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
