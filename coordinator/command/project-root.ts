import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** Folder of Murmur itself (with package.json, tasks/, dist/), both for the sources and for the built command. */
export const projectRoot: string = (() => {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, "package.json"))) {
    const above = dirname(folder);
    if (above === folder) throw new Error(`Murmur's package.json is in no folder above ${import.meta.dirname}`);
    folder = above;
  }
  return folder;
})();
