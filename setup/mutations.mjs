/**
 * `npm run mutations [-- NUMBER…]`: is each attack's test a test? Every sabotage of sabotages.mjs, or those of the
 * attacks with these numbers, is done to a copy of the tree in a temporary folder, and exactly its test is run there.
 *
 *   red        the test failed, by an assertion of its own
 *   green      it passed, so it would not notice: it has to be strengthened
 *   no proof   anything else: a file that does not load, a crash, a timeout, an error that no assertion was about
 *
 * A test that is red before anything is sabotaged proves nothing, so all of them are run on the untouched copy first.
 * Exits 1 unless all are red. All of them take some twenty minutes on two cores that others use as well.
 */
import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { orExplain, SetupFailure, say } from "./failure.mjs";
import { prepare, root } from "./prepare.mjs";
import { sabotages } from "./sabotages.mjs";

/** Neither code nor needed to run a test. */
const leftBehind = new Set(["node_modules", ".git", "dist", "test-results", "murmur-data"]);

/**
 * The sabotages, one by one.
 * @type {Array<Record<"sabotage" | "file" | "text" | "instead" | "test" | "name", string> & { attack: number }>}
 */
export const all = Object.entries(sabotages).flatMap(([attack, list]) =>
  list.map(({ sabotage, change: [file, text, instead], red: [test, name] }) => ({
    ...{ attack: Number(attack), sabotage, file, text, instead, test, name },
  })),
);

/** How often a text stands in another. */
export const count = (text, wanted) => text.split(wanted).length - 1;

/** As it stands in the source, %s and the like for what differs between the cases of one test. */
const patternOf = (name) =>
  name
    .split(/%\w/)
    .map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"))
    .join(".*");

/** How a failed `expect` begins its message; that of `rejects` has a name of its own. */
const isAssertion = /^(AssertionError|Error: promise resolved .* instead of rejecting)/s;

/** What a run of vitest says of one test: its report is that of `--reporter=json`. */
export function verdict(report, name) {
  const tests = report.testResults
    .flatMap((file) => file.assertionResults)
    .filter((test) => new RegExp(patternOf(name)).test(test.fullName) && ["passed", "failed"].includes(test.status));
  const failures = tests.flatMap((test) => (test.status === "failed" ? (test.failureMessages ?? []) : []));
  if (failures.some((message) => isAssertion.test(message))) return { colour: "red" };
  const why = failures[0] ?? report.testResults.find((file) => file.message)?.message;
  if (tests.length > 0 && failures.length === 0) return { colour: "green" };
  return { colour: "no proof", why: (why ?? "the test was not run").split("\n")[0] };
}

/** A file of tests may take as long; ten times what the slowest takes. */
const patienceMs = 600_000;
/** Ends the tests that run, if any do. */
let endGroup = () => {};

/** Runs the tests of these names in these files, and nothing else. */
async function runTests(copy, files, names) {
  const out = join(copy, "report.json");
  rmSync(out, { force: true });
  const vitest = join(copy, "node_modules", "vitest", "vitest.mjs");
  const parameters = ["run", ...files, "-t", names.map(patternOf).join("|"), "--reporter=json", `--outputFile=${out}`];
  // A group of its own: a worker in an endless loop ends with it only.
  const child = spawn(process.execPath, [vitest, ...parameters], { cwd: copy, stdio: "ignore", detached: true });
  endGroup = () => process.kill(-child.pid, "SIGKILL");
  const timer = setTimeout(endGroup, patienceMs * files.length);
  await new Promise((resolve) => child.on("close", resolve));
  clearTimeout(timer);
  endGroup = () => {};
  try {
    return JSON.parse(readFileSync(out, "utf8"));
  } catch {
    return { testResults: [{ assertionResults: [], message: "there is no report: a crash, or an endless loop" }] };
  }
}

/** @returns how many sabotages are not red */
async function main(numbers) {
  const wanted = all.filter(({ attack }) => numbers.length === 0 || numbers.includes(attack));
  const unknown = numbers.filter((number) => !(number in sabotages));
  if (unknown.length > 0) throw new SetupFailure(`there is no attack ${unknown.join(", ")}; they are 1 to 30`);

  const copy = mkdtempSync(join(tmpdir(), "murmur-mutations-"));
  process.on("exit", () => {
    endGroup();
    rmSync(copy, { recursive: true, force: true });
  });
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(130));
  const isTaken = (path) => !leftBehind.has(basename(path));
  cpSync(root, copy, { recursive: true, filter: isTaken });
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));

  say(`${new Set(wanted.map(({ name }) => name)).size} tests as they are …`);
  const [files, names] = ["test", "name"].map((key) => [...new Set(wanted.map((one) => one[key]))]);
  const before = await runTests(copy, files, names);

  let notRed = 0;
  for (const one of wanted) {
    const { attack, sabotage, file, text, instead, test, name } = one;
    const path = join(copy, file);
    const sound = readFileSync(path, "utf8");
    const places = count(sound, text);
    const usual = verdict(before, name);
    let found;
    if (places !== 1) found = { colour: "no proof", why: `${file} has ${places} times: ${text}` };
    else if (usual.colour !== "green") found = { colour: "no proof", why: `not green before: ${usual.why ?? "red"}` };
    else {
      writeFileSync(
        path,
        sound.replace(text, () => instead),
      );
      found = verdict(await runTests(copy, [test], [name]), name);
      writeFileSync(path, sound);
    }
    if (found.colour !== "red") notRed++;
    console.log([String(attack).padStart(2), found.colour.padEnd(8), sabotage, `(${file})`].join("  "));
    if (found.colour !== "red") console.log(`              ${test}: ${name}${found.why ? `: ${found.why}` : ""}`);
  }
  console.log(`${wanted.length - notRed} of ${wanted.length} sabotages are seen`);
  return notRed;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  await orExplain(prepare);
  await orExplain(async () => {
    process.exitCode = (await main(process.argv.slice(2).map(Number))) > 0 ? 1 : 0;
  });
}
