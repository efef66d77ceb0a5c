/** Tries for a folder's lock at a given moment, and keeps it if it gets it. Run by crash.test.ts. */
import { writeSync } from "node:fs";
import { lockFolder } from "../lock.ts";

const [folder, moment] = process.argv.slice(2);
// Not a timer: all that try must try at the same millisecond.
while (Date.now() < Number(moment));
lockFolder(folder!);
writeSync(1, '{"said":"ready"}\n');
setInterval(() => {}, 60_000);
