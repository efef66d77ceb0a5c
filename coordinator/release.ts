/**
 * Gives the memory of bytes back at once. V8 knows of an array buffer by a small object of its own and collects it late: of
 * the gigabytes that pass through a round, sixty megabytes would always lie about, and the collector would be busy with
 * finding that out. A buffer that is transferred to a port whose other end is closed is freed on the way.
 */
import { MessageChannel } from "node:worker_threads";

const { port1: nowhere, port2: closed } = new MessageChannel();
closed.close();
nowhere.unref();

/** @param bytes nobody's any more; left to the collector where they are part of a larger buffer */
export function release(bytes: Uint8Array): void {
  const { buffer } = bytes;
  if (buffer instanceof ArrayBuffer && bytes.byteLength === buffer.byteLength) nowhere.postMessage(undefined, [buffer]);
}
