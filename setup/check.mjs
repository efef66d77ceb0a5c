/** `npm run check`: types folder by folder, formatting and lint, structure, dead code. Runs all, fails if one fails. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { root } from "./prepare.mjs";

const program = (path) => join(root, "node_modules", path);
const tsc = program("typescript/bin/tsc");

// Folder by folder, because each sees other types: `shared` compiles without DOM and without Node.
const checks = [
  ...["shared", "kernels", "client", "coordinator", "."].map((folder) => [`types of ${folder}`, tsc, "-p", folder]),
  ["formatting and lint", program("@biomejs/biome/bin/biome"), "ci", "--colors=off"],
  ["structure", join(root, "setup", "check-structure.mjs")],
  ["dead code", program("knip/bin/knip.js")],
];

const failed = [];
for (const [name, ...parameters] of checks) {
  const { status } = spawnSync(process.execPath, parameters, { cwd: root, stdio: "inherit" });
  if (status !== 0) failed.push(name);
}
if (failed.length > 0) console.error(`check failed: ${failed.join(", ")}`);
else console.error(`check: all ${checks.length} are clean`);
process.exitCode = failed.length > 0 ? 1 : 0;
