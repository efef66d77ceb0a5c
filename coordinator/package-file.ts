import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * Path of a file in an installed npm package, by path and not by import: a package's `exports` list its code only.
 * Like Node, it looks into each `node_modules` from here upwards.
 */
export function packageFile(name: string, path: string): string {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    const file = join(folder, "node_modules", name, path);
    if (existsSync(file)) return file;
    if (dirname(folder) === folder) throw new Error(`the package ${name} is not installed. Run \`npm install\`.`);
  }
}
