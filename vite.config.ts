/**
 * One configuration for the pages (`--mode client` → dist/client), the command (`--mode command` → dist/command),
 * processes of a bench that names its own (`--mode bench`) and the unit tests. The command is built because Node by
 * itself cannot import `.wgsl?raw` or TypeScript.
 */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { builtinModules } from "node:module";
import type { BuildEnvironmentOptions, Plugin } from "vite";
import { defineConfig } from "vitest/config";
import manifest from "./package.json" with { type: "json" };

const here = import.meta.dirname;

const pages: BuildEnvironmentOptions = {
  outDir: `${here}/dist/client`,
  emptyOutDir: true,
  target: "es2022",
  rolldownOptions: {
    input: {
      participant: `${here}/client/index.html`,
      console: `${here}/client/console/index.html`,
      lab: `${here}/client/lab/index.html`,
      help: `${here}/client/help/index.html`,
      sw: `${here}/client/sw.ts`,
    },
    // A service worker is found again by its name, so it has no hash in it.
    output: { entryFileNames: ({ name }) => (name === "sw" ? "sw.js" : "assets/[name]-[hash].js") },
  },
};

/** Names the scripts and styles that the service worker keeps; see client/shell-files.ts. */
const shellList: Plugin = {
  name: "murmur-shell",
  enforce: "post",
  generateBundle(_, bundle) {
    const assets = Object.keys(bundle)
      .filter((name) => /^assets\/.*\.(js|css)$/.test(name) && !/console|lab|help/.test(name))
      .map((name) => `/${name}`);
    this.emitFile({ type: "asset", fileName: "shell.json", source: JSON.stringify({ assets }) });
  },
};

/** A script or style that is not what was built is not run, whoever changed it on its way (Subresource Integrity). */
const integrity: Plugin = {
  name: "murmur-integrity",
  async writeBundle({ dir }, bundle) {
    for (const file of Object.keys(bundle).filter((name) => name.endsWith(".html"))) {
      const path = `${dir}/${file}`;
      const html = readFileSync(path, "utf8");
      const hashed = html.replace(/<(?:script|link)\b[^>]*?(?:src|href)="\/(assets\/[^"]+)"/g, (tag, asset) => {
        const hash = createHash("sha384")
          .update(readFileSync(`${dir}/${asset}`))
          .digest("base64");
        return `${tag} integrity="sha384-${hash}"`;
      });
      writeFileSync(path, hashed);
    }
  },
};

/** What kernels say to their reader is a third of the engine's bytes. Lines stay where they are, so errors name them. */
const kernelsWithoutComments = (): Plugin => ({
  name: "murmur-kernels",
  enforce: "pre",
  load(id) {
    if (!id.endsWith(".wgsl?raw")) return null;
    const text = readFileSync(id.replace("?raw", ""), "utf8");
    // What begins with //! is a directive of kernels/wgsl/template.ts.
    return `export default ${JSON.stringify(text.replace(/[ \t]*\/\/(?!!).*$/gm, ""))};`;
  },
});

const forNode: BuildEnvironmentOptions = { ssr: true, target: "node20", minify: false, copyPublicDir: false };

const command: BuildEnvironmentOptions = {
  ...forNode,
  outDir: `${here}/dist/command`,
  emptyOutDir: true,
  // File by file, so that a process that runs on the former build still finds the parts it has not loaded yet.
  rolldownOptions: {
    // The load's processes are started by name.
    input: ["murmur.ts", ...["clients", "coordinator", "storm"].map((name) => `coordinator/load/${name}.ts`)].map(
      (file) => `${here}/${file}`,
    ),
    output: { preserveModules: true, preserveModulesRoot: here, entryFileNames: "[name].js" },
  },
};

export default defineConfig(({ mode }) => ({
  root: mode === "client" ? `${here}/client` : here,
  build: mode === "client" ? pages : mode === "bench" ? forNode : command,
  plugins: mode === "client" ? [shellList, integrity, kernelsWithoutComments()] : [],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  worker: { format: "es", plugins: () => (mode === "client" ? [kernelsWithoutComments()] : []) },
  ssr: {
    external: [...Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies }), ...builtinModules],
  },
  test: {
    include: ["**/*.test.ts", "**/*.test.tsx"],
    exclude: ["**/node_modules/**", "dist/**"],
    // Against what hangs: how fast something is no test judges, and the machine may have others' work to do.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 60_000 } },
    pool: "forks",
    maxWorkers: 2,
    env: process.env.VK_ICD_FILENAMES ? { VK_ICD_FILENAMES: process.env.VK_ICD_FILENAMES } : {},
  },
}));
