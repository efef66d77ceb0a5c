/** A TCP proxy before the coordinator that keeps every byte the tabs send, and reads them as the coordinator would. */
import { connect, createServer, type Socket } from "node:net";

/** What one tab's connection sent: raw bytes, and what its WebSocket frames hold once their mask is off. */
export interface Heard {
  raw: Buffer;
  frames: { binary: boolean; data: Buffer }[];
}

export interface Wiretap {
  url: string;
  heard(): Heard[];
  close(): void;
}

export async function tap(target: string): Promise<Wiretap> {
  const { hostname, port } = new URL(target);
  const connections: Buffer[][] = [];
  const open = new Set<Socket>();
  const server = createServer((tab) => {
    const chunks: Buffer[] = [];
    connections.push(chunks);
    const coordinator = connect(Number(port), hostname);
    for (const [from, to] of [
      [tab, coordinator],
      [coordinator, tab],
    ] as const) {
      open.add(from);
      from.on("error", () => to.destroy());
      from.on("close", () => to.destroy());
    }
    tab.on("data", (chunk: Buffer) => {
      chunks.push(Buffer.from(chunk));
      coordinator.write(chunk);
    });
    coordinator.pipe(tab);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    heard: () => connections.map((chunks) => read(Buffer.concat(chunks))),
    close: () => {
      for (const socket of open) socket.destroy();
      server.close();
    },
  };
}

/** RFC 6455 §5.2: after the upgrade's header, frames; a client's are XORed with a key of their own. */
function read(raw: Buffer): Heard {
  const frames: Heard["frames"] = [];
  let at = raw.indexOf("\r\n\r\n") + 4;
  // Pages, scripts and files are asked for without frames.
  if (!/^upgrade: websocket\r$/im.test(raw.toString("latin1", 0, at))) return { raw, frames };
  let message: Buffer[] = [];
  let binary = false;
  while (at + 2 <= raw.length) {
    const [first, second] = [raw[at]!, raw[at + 1]!];
    let length = second & 0x7f;
    let head = 2;
    if (length === 126) {
      length = raw.readUInt16BE(at + 2);
      head = 4;
    } else if (length === 127) {
      length = Number(raw.readBigUInt64BE(at + 2));
      head = 10;
    }
    if ((second & 0x80) === 0) throw new Error("a client's frame without a mask");
    const start = at + head + 4;
    if (start + length > raw.length) break;
    const data = Buffer.from(raw.subarray(start, start + length));
    for (let i = 0; i < length; i++) data[i] = data[i]! ^ raw[at + head + (i & 3)]!;
    const opcode = first & 0x0f;
    // Control frames may stand between the parts of a message; their few bytes are kept as messages of their own.
    if (opcode >= 8) frames.push({ binary: true, data });
    else {
      if (opcode !== 0) binary = opcode === 2;
      message.push(data);
      if ((first & 0x80) !== 0) {
        frames.push({ binary, data: Buffer.concat(message) });
        message = [];
      }
    }
    at = start + length;
  }
  return { raw, frames };
}
