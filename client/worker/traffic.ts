/** Everything this tab puts on the wire, counted where it is framed: by the kind of message, to the byte. */
import type { Socket } from "socket.io-client";

export interface Sent {
  messages: number;
  bytes: number;
}

/** Of the connection itself: its opening, its heartbeats, its end. */
export const framing = "connection";

const utf8 = new TextEncoder();

/** @param count called after each frame, with all that was sent so far by kind of message */
export function countTraffic(socket: Socket, count: (sent: Record<string, Sent>) => void): void {
  const sent: Record<string, Sent> = {};
  const add = (kind: string, messages: number, bytes: number) => {
    const before = sent[kind] ?? { messages: 0, bytes: 0 };
    sent[kind] = { messages: before.messages + messages, bytes: before.bytes + bytes };
    count({ ...sent });
  };
  // A message is framed in the same breath as it is sent; whatever else is framed is the connection's own.
  let kind = framing;
  socket.onAnyOutgoing((event: string) => {
    kind = event;
    add(kind, 1, 0);
    queueMicrotask(() => {
      kind = framing;
    });
  });
  socket.io.on("open", () => {
    socket.io.engine.on("packetCreate", ({ data }: { data?: string | ArrayBuffer | ArrayBufferView }) => {
      // One character before a text names the packet's type; a binary packet has none.
      const bytes = typeof data === "string" ? 1 + utf8.encode(data).length : (data?.byteLength ?? 1);
      add(kind, kind === framing ? 1 : 0, bytes);
    });
  });
}
