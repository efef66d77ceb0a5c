/**
 * A bench's page in one headless browser, and the peers that it loads. These belong to the benches and not to the house:
 * they are installed below dist/bench, which git ignores.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findBrowser, launchArguments } from "./browser.mjs";
import { SetupFailure, say } from "./failure.mjs";
import { root } from "./prepare.mjs";

export const folder = join(root, "dist", "bench");
export const peers = {
  "@jax-js/jax": "0.1.25",
  "@tensorflow/tfjs": "4.22.0",
  "@tensorflow/tfjs-backend-webgpu": "4.22.0",
};
/** What a page loads as /tfjs.js and /jax.js */
const entries = {
  tfjs: 'export * from "@tensorflow/tfjs";\nimport "@tensorflow/tfjs-backend-webgpu";\n',
  jax: 'export * from "@jax-js/jax";\n',
};

export function installPeers() {
  mkdirSync(folder, { recursive: true });
  const manifest = `${JSON.stringify({ private: true, type: "module", dependencies: peers }, null, 2)}\n`;
  const file = join(folder, "package.json");
  const finished = join(folder, "node_modules", ".package-lock.json");
  for (const [name, text] of Object.entries(entries)) writeFileSync(join(folder, `${name}.js`), text);
  if (existsSync(finished) && existsSync(file) && readFileSync(file, "utf8") === manifest) return;
  say("installing the peers into dist/bench (once)");
  writeFileSync(file, manifest);
  // No install scripts: the peers are bundled for the browser, nothing of theirs runs here.
  const parameters = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-progress", "--loglevel=error"];
  const { status } = spawnSync("npm", parameters, {
    cwd: folder,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (status !== 0) throw new SetupFailure("npm could not install the peers; its own message stands above.");
}

/** Serves one folder with the page of `source` and a file for each peer. */
export async function servePage(source) {
  const { build, preview } = await import("vite");
  const common = { configFile: false, logLevel: "warn" };
  const outDir = join(folder, "page");
  await build({
    ...common,
    root: source,
    build: { outDir, emptyOutDir: true, target: "es2022", reportCompressedSize: false },
  });
  await build({
    ...common,
    root: folder,
    build: {
      outDir,
      emptyOutDir: false,
      target: "es2022",
      reportCompressedSize: false,
      chunkSizeWarningLimit: 10_000,
      rolldownOptions: {
        input: Object.fromEntries(Object.keys(entries).map((name) => [name, join(folder, `${name}.js`)])),
        preserveEntrySignatures: "strict",
        output: { entryFileNames: "[name].js" },
      },
    },
  });
  return preview({
    ...common,
    root: folder,
    build: { outDir },
    preview: {
      host: "127.0.0.1",
      port: 0,
      // Without isolation jax-js would run its Wasm on one thread.
      headers: { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" },
    },
  });
}

/** What `use` makes of the page, once it has loaded, and the browser's version. */
export async function onPage(url, use) {
  const { chromium } = await import("playwright");
  const browser = await chromium.launch({ executablePath: await findBrowser(), args: launchArguments() });
  try {
    const page = await browser.newPage();
    page.on("pageerror", (error) => say(`the page: ${error.message}`));
    await page.goto(url);
    await page.waitForFunction(() => globalThis.bench !== undefined);
    return { browser: browser.version(), ...(await use(page)) };
  } finally {
    await browser.close();
  }
}
