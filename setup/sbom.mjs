/**
 * `npm run sbom`: the software bill of materials (CycloneDX; what builds and tests it is marked as development), into
 * dist/sbom.json. Fails when a package that the lock
 * delivers is not in it.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { orExplain, SetupFailure, say } from "./failure.mjs";
import { prepare, root } from "./prepare.mjs";

await orExplain(prepare);
await orExplain(async () => {
  const { stdout, status, stderr } = spawnSync("npm", ["sbom", "--sbom-format=cyclonedx", "--package-lock-only"], {
    cwd: root,
    encoding: "utf8",
    shell: process.platform === "win32",
    maxBuffer: 2 ** 26,
  });
  if (status !== 0) throw new SetupFailure(`npm sbom failed: ${stderr}`);
  const bill = JSON.parse(stdout);
  const listed = new Set(bill.components.map(({ name, version }) => `${name}@${version}`));
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  for (const [path, { version, dev, devOptional, optional, peer }] of Object.entries(packages)) {
    if (path === "" || dev || devOptional || optional || peer) continue;
    const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
    if (!listed.has(`${name}@${version}`))
      throw new SetupFailure(`${name}@${version} is in the lock and not in the bill`);
  }
  mkdirSync(join(root, "dist"), { recursive: true });
  const file = join(root, "dist", "sbom.json");
  writeFileSync(file, `${JSON.stringify(bill, null, 2)}\n`);
  say(`${listed.size} packages are in ${file}`);
});
