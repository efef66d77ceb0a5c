import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** Folder of Murmur itself (with package.json, tasks/, dist/), both for the sources and for the built command. */
export const projectRoot: string = (() => {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, "package.json"))) folder = dirname(folder);
  return folder;
})();
