/** Builds the pages into dist/client and the command into dist/command; see vite.config.ts. */
import { build } from "vite";
import { root } from "./prepare.mjs";

for (const mode of ["client", "command"]) {
  await build({ configFile: `${root}/vite.config.ts`, mode, logLevel: "warn" });
}
