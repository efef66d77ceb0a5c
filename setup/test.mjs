/**
 * `npm test` on a fresh machine: prepares, finds or installs a browser, then runs the checks, the unit tests and the
 * browser tests, all of them even if one fails. The last line of output counts the tests: `N passed, N failed, N skipped`.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { findBrowser, findVulkanDriver } from "./browser.mjs";
import { orExplain, say } from "./failure.mjs";
import { prepare, root } from "./prepare.mjs";

const results = join(root, "test-results");
const unitFile = join(results, "unit.json");
const browserFile = join(results, "browser.json");
const program = (name, path) => join(root, "node_modules", name, path);

let browser;
await orExplain(async () => {
  await prepare();
  browser = await findBrowser({ install: true, forTests: true });
});
const driver = findVulkanDriver(browser);
const env = { ...process.env, MURMUR_CHROMIUM: browser, ...(driver && { VK_ICD_FILENAMES: driver }) };
if (!env.MURMUR_TEST_DATA) say("MURMUR_TEST_DATA is not set: tests that need the public data sets are skipped");
if (!driver) say("no software Vulkan driver was found: the kernels' tests need a GPU");

rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });

const stages = [
  ["check", process.execPath, join(root, "setup", "check.mjs")],
  [
    "unit tests",
    process.execPath,
    program("vitest", "vitest.mjs"),
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${unitFile}`,
  ],
  ["browser tests", process.execPath, program("@playwright/test", "cli.js"), "test", "--reporter=list,json"],
];
const failedStages = [];
for (const [name, ...commandLine] of stages) {
  say(`${name} …`);
  if (!(await succeeds(commandLine))) failedStages.push(name);
}

const counts = { passed: 0, failed: 0, skipped: 0 };
add(countUnitTests(), "unit tests");
add(countBrowserTests(), "browser tests");
if (failedStages.length > 0) say(`failed: ${failedStages.join(", ")}`);
process.exitCode = failedStages.length > 0 || counts.failed > 0 ? 1 : 0;
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);

function succeeds([executable, ...parameters]) {
  const child = spawn(executable, parameters, {
    cwd: root,
    stdio: "inherit",
    env: { ...env, PLAYWRIGHT_JSON_OUTPUT_FILE: browserFile },
  });
  return new Promise((resolve) => child.on("close", (code) => resolve(code === 0)));
}

/** A stage that failed without a failed test (a file that does not load, a crash) counts as one failure. */
function add(stage, name) {
  const failed = stage.failed === 0 && failedStages.includes(name) ? 1 : stage.failed;
  counts.passed += stage.passed;
  counts.failed += failed;
  counts.skipped += stage.skipped;
}

function countUnitTests() {
  if (!existsSync(unitFile)) return { passed: 0, failed: 0, skipped: 0 };
  const report = JSON.parse(readFileSync(unitFile, "utf8"));
  const unloaded = report.testResults.filter((file) => file.status === "failed" && file.assertionResults.length === 0);
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + unloaded.length,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

function countBrowserTests() {
  if (!existsSync(browserFile)) return { passed: 0, failed: 0, skipped: 0 };
  const { expected, unexpected, flaky, skipped } = JSON.parse(readFileSync(browserFile, "utf8")).stats;
  return { passed: expected, failed: unexpected + flaky, skipped };
}
