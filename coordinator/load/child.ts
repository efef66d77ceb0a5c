/** A process of the load tool, what it says, and what it logs. */
import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";

export interface Started<Message extends { said: string }> {
  child: ChildProcess;
  gone: Promise<void>;
  /** @param anew only what it says from here on counts */
  said<What extends Message["said"]>(what: What, anew?: boolean): Promise<Extract<Message, { said: What }>>;
}

/** Ten thousand members keep gigabytes, which Node's usual heap has no room for, MB */
const roomy = ["--max-old-space-size=12000", "--max-semi-space-size=64"];

/** @param name of a file beside this one */
export function start<Message extends { said: string }>(
  name: string,
  settings: object,
  children: Set<ChildProcess>,
  watch: (message: Message) => void,
  /** Gets each line of its log, which is printed all the same */
  onLog?: (line: string) => void,
): Started<Message> {
  const child = fork(join(import.meta.dirname, `${name}.js`), [JSON.stringify(settings)], {
    ...(name === "clients" && { execArgv: [...process.execArgv, ...roomy] }),
    stdio: ["ignore", 2, onLog ? "pipe" : 2, "ipc"],
    serialization: "advanced",
  });
  if (onLog)
    createInterface({ input: child.stderr! }).on("line", (line) => {
      console.error(line);
      onLog(line);
    });
  children.add(child);
  const inbox: Message[] = [];
  let look = () => {};
  child.on("message", (message) => {
    const received = message as Message;
    inbox.push(received);
    watch(received);
    look();
  });
  const gone = new Promise<void>((resolve) =>
    child.once("exit", () => {
      children.delete(child);
      resolve();
    }),
  );
  return {
    child,
    gone,
    said: (what, anew = false) =>
      new Promise((resolve, reject) => {
        const from = anew ? inbox.length : 0;
        look = () => {
          const found = inbox.slice(from).find(({ said }) => said === what);
          if (found) resolve(found as never);
        };
        look();
        void gone.then(() => reject(new Error(`the process «${name}» ended before it was «${what}»`)));
      }),
  };
}
