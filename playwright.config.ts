import { defineConfig } from "@playwright/test";
import { findBrowser, launchArguments } from "./setup/browser.mjs";

export default defineConfig({
  testDir: "e2e",
  testMatch: "**/*.e2e.ts",
  // A folder of its own: Playwright empties it.
  outputDir: "test-results/traces",
  workers: 1,
  retries: 0,
  timeout: 600_000,
  // A busy machine opens a page in more than the usual five seconds; what is wrong stays wrong.
  expect: { timeout: 60_000 },
  reporter: [["list"], ["json", { outputFile: "test-results/browser.json" }]],
  use: {
    headless: true,
    // Playwright cannot change what a service worker answers; the test of it allows it.
    serviceWorkers: "block",
    launchOptions: { executablePath: await findBrowser(), args: launchArguments() },
  },
});
