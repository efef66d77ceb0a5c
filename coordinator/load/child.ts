/** A process of the load tool, and what it says. */
import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";

export interface Started<Message extends { said: string }> {
  child: ChildProcess;
  gone: Promise<void>;
  said<What extends Message["said"]>(what: What): Promise<Extract<Message, { said: What }>>;
}

/** @param name of a file beside this one */
export function start<Message extends { said: string }>(
  name: string,
  settings: object,
  children: Set<ChildProcess>,
  watch: (message: Message) => void,
): Started<Message> {
  const child = fork(join(import.meta.dirname, `${name}.js`), [JSON.stringify(settings)], {
    stdio: ["ignore", 2, 2, "ipc"],
    serialization: "advanced",
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
    said: (what) =>
      new Promise((resolve, reject) => {
        look = () => {
          const found = inbox.find(({ said }) => said === what);
          if (found) resolve(found as never);
        };
        look();
        void gone.then(() => reject(new Error(`the process «${name}» ended before it was «${what}»`)));
      }),
  };
}
