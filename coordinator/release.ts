/**
 * Gives the memory of bytes back at once. V8 knows of an array buffer by a small object of its own and collects it late: of
 * the gigabytes that pass through a round, sixty megabytes would always lie about, and the collector would be busy with
 * finding that out.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { MessageChannel } from "node:worker_threads";

const { port1: nowhere, port2: closed } = new MessageChannel();
closed.close();
nowhere.unref();

/**
 * By a transfer to a port whose other end is closed, on the way to which a buffer is freed.
 * @param bytes nobody's any more; left to the collector where they are part of a larger buffer
 */
export function release(bytes: Uint8Array): void {
  const { buffer } = bytes;
  if (buffer instanceof ArrayBuffer && bytes.byteLength === buffer.byteLength) nowhere.postMessage(undefined, [buffer]);
}

setFlagsFromString("--expose-gc");
// What lives on is little: one thread is done with it before four are awake.
setFlagsFromString("--no-parallel-scavenge");
const collect = runInNewContext("gc") as (options: { type: "minor" }) => void;

/**
 * What a socket reads lies in buffers that nobody but Node has in hand, 64 kB behind an object of a hundred bytes: the young
 * generation is not full before a hundred megabytes of them have died. A collection of the young alone takes a millisecond.
 */
export const collectYoung = (): void => collect({ type: "minor" });
