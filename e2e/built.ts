/** Parts of the project as they are delivered, for tests that start them as processes: built into a folder of the test's own. */
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { build } from "vite";
import type { LoadResult, LoadSettings } from "../coordinator/load/load.ts";

const root = join(import.meta.dirname, "..");

/** @param modules paths below the project; each lies by its place in `folder`/built */
async function buildInto(folder: string, modules: readonly string[]): Promise<void> {
  // Where what is built finds its packages, and its project's root.
  for (const name of ["node_modules", "package.json", "tasks"]) symlinkSync(join(root, name), join(folder, name));
  await build({
    configFile: false,
    root,
    logLevel: "error",
    build: {
      ssr: true,
      outDir: join(folder, "built"),
      target: "node20",
      minify: false,
      copyPublicDir: false,
      rolldownOptions: {
        input: modules.map((module) => join(root, module)),
        output: { preserveModules: true, preserveModulesRoot: root, entryFileNames: "[name].js" },
      },
    },
  });
}

/** @returns `murmur load`, whose processes are files beside each other */
export async function buildLoad(folder: string): Promise<(settings: LoadSettings) => Promise<LoadResult>> {
  await buildInto(
    folder,
    ["load", "clients", "coordinator", "storm"].map((name) => `coordinator/load/${name}.ts`),
  );
  const { load } = await import(/* @vite-ignore */ join(folder, "built/coordinator/load/load.js"));
  return load;
}

/** @returns the path of a coordinator to be started by Node; see coordinator-child.ts */
export async function buildCoordinator(folder: string): Promise<string> {
  await buildInto(folder, ["e2e/coordinator-child.ts"]);
  return join(folder, "built/e2e/coordinator-child.js");
}
