/** `npm start`, `npm run demo`, `npm run -s murmur -- <command>`: prepares what is missing, then becomes the command. */
import { pathToFileURL } from "node:url";
import { orExplain } from "./failure.mjs";
import { commandEntry, prepare, root } from "./prepare.mjs";

await orExplain(prepare);

// npm changes to the project's folder; paths on the command line are meant from where the person stands.
const startedByNpm = ["murmur", "start", "demo"].includes(process.env.npm_lifecycle_event ?? "");
if (startedByNpm && process.env.INIT_CWD && process.cwd() === root) process.chdir(process.env.INIT_CWD);
// In this same process, so that signals, exit codes and a kill -9 reach the command itself and leave no orphan.
process.argv[1] = commandEntry;
await import(pathToFileURL(commandEntry).href);
