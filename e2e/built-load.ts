/** `murmur load` as it is delivered: its processes are files beside each other, built into a folder of the test's own. */
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { build } from "vite";
import type { LoadResult, LoadSettings } from "../coordinator/load/load.ts";

const root = join(import.meta.dirname, "..");

/** @returns the tool; its modules lie in `folder`/built by their places in the project */
export async function buildLoad(folder: string): Promise<(settings: LoadSettings) => Promise<LoadResult>> {
  for (const name of ["node_modules", "package.json"]) symlinkSync(join(root, name), join(folder, name));
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
        input: ["load", "clients", "coordinator"].map((name) => join(root, `coordinator/load/${name}.ts`)),
        output: { preserveModules: true, preserveModulesRoot: root, entryFileNames: "[name].js" },
      },
    },
  });
  const { load } = await import(/* @vite-ignore */ join(folder, "built/coordinator/load/load.js"));
  return load;
}
