/**
 * Holds the house: which folder may import which (see .dependency-cruiser.cjs), and a few rules that are plain text.
 * A check that saw nothing would pass, so it also makes sure that it saw every folder.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { cruise } from "dependency-cruiser";
import extractConfig from "dependency-cruiser/config-utl/extract-depcruise-config";
import extractTSConfig from "dependency-cruiser/config-utl/extract-ts-config";
import { root } from "./prepare.mjs";

const folders = ["shared", "kernels", "client", "coordinator", "demo", "e2e"];
const fewestModules = 30;

/** All that is wrong with the imports below `base`; `expectAll` also asks that every folder was seen. */
export async function importProblems(base, { expectAll }) {
  const { forbidden, options } = await extractConfig(join(root, ".dependency-cruiser.cjs"));
  const entries = [...folders, "murmur.ts"].filter((entry) => existsSync(join(base, entry)));
  const { output } = await cruise(
    entries,
    { ...options, baseDir: base, validate: true, ruleSet: { forbidden } },
    undefined,
    { tsConfig: extractTSConfig(join(root, "tsconfig.json")) },
  );
  const problems = output.summary.violations.map(({ rule, from, to, cycle }) =>
    [`${rule.name}: ${from}`, ...(cycle?.map((step) => step.name) ?? [to])].join(" → "),
  );
  if (!expectAll) return problems;
  const seen = output.modules.map((module) => module.source);
  const ours = seen.filter((source) => folders.some((folder) => source.startsWith(`${folder}/`)));
  if (ours.length <= fewestModules) problems.push(`only ${ours.length} modules were seen: the check itself is blind`);
  for (const folder of folders) {
    if (!ours.some((source) => source.startsWith(`${folder}/`))) problems.push(`no module of ${folder}/ was seen`);
  }
  return problems;
}

const isTest = (file) => /[.](test|bench)[.]tsx?$|\/testing(\/|[.]ts$)/.test(file);
/** `import { A as B }` is no cast. */
const withoutImports = (text) => text.replace(/^(import|export)\s+(type\s+)?\{[^}]*\}/gm, "");
const isCode = (file) => /[.]tsx?$/.test(file);

/** All that is wrong with the text of the files below `base`. */
export function textProblems(base) {
  const files = filesBelow(base);
  const read = (file) => readFileSync(join(base, file), "utf8");
  const problems = [];

  // Whatever is drawn at random here is secret, or must come out the same again from its seed.
  const noMathRandom = files.filter(
    (file) => /^(shared|kernels|client\/worker|coordinator)\//.test(file) && isCode(file) && !isTest(file),
  );
  for (const file of noMathRandom) {
    if (read(file).includes("Math.random"))
      problems.push(`${file}: Math.random is neither secret nor repeatable; use shared/privacy/random.ts or a seed`);
  }

  // Secret numbers come from the platform's generator and stay whole: no seed of our own, no float made of random words.
  const privacyCore = files.filter(
    (file) => /^shared\/(privacy|secure-sum|round)\//.test(file) && isCode(file) && !isTest(file),
  );
  for (const file of privacyCore) {
    const text = read(file);
    if (/new RandomSource\(\s*[^)\s]/.test(text) && !file.endsWith("privacy/audit/twins.ts"))
      problems.push(`${file}: a RandomSource of its own seed; only audit/twins.ts may, to be caught`);
    if (/\b(u32|uniform53)\(\)\s*(\/|\*\s*2 \*\* -)/.test(text))
      problems.push(`${file}: a float made of random words; noise is drawn on integers (discrete-gaussian.ts)`);
  }

  // Each stage of a vector on its way out of the tab is reached in one place (shared/privacy/stages.ts).
  const code = files.filter((file) => isCode(file) && !isTest(file));
  for (const stage of ["Encoded", "Noised", "Masked"]) {
    const casting = code.filter((file) => new RegExp(`\\bas ${stage}\\b`).test(withoutImports(read(file))));
    if (casting.length !== 1)
      problems.push(`\`as ${stage}\` must stand in exactly one file, and stands in ${casting.join(", ") || "none"}`);
  }

  for (const file of code) {
    const text = read(file);
    if (/^export \* from/m.test(text) || /(^|\/)index[.]tsx?$/.test(file))
      problems.push(`${file}: no barrels; import from the file that defines the name`);
  }
  for (const file of files.filter((file) => file.endsWith(".wgsl"))) {
    read(file)
      .split("\n")
      .forEach((line, i) => {
        if (line.length > 120) problems.push(`${file}:${i + 1}: ${line.length} characters; at most 120`);
        if (/\s$/.test(line)) problems.push(`${file}:${i + 1}: trailing space`);
      });
  }

  // Addresses in the lock would tie everyone to the registry of whoever wrote it.
  if (existsSync(join(base, "package-lock.json")) && read("package-lock.json").includes('"resolved"')) {
    problems.push("package-lock.json: holds `resolved` addresses; install again with the repository's .npmrc");
  }
  return problems;
}

function filesBelow(base) {
  return folders
    .filter((folder) => existsSync(join(base, folder)))
    .flatMap((folder) => readdirSync(join(base, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => relative(base, join(entry.parentPath, entry.name)).split(sep).join("/"));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const problems = [...(await importProblems(root, { expectAll: true })), ...textProblems(root)];
  for (const problem of problems) console.error(problem);
  console.error(problems.length === 0 ? "structure: the house stands" : `structure: ${problems.length} problems`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
