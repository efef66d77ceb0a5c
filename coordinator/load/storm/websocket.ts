/** A WebSocket client by hand, since no library sends what no library would read (RFC 6455). */
import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";

/** How long whoever is there may take to say so, ms */
const patienceMs = 30_000;

export type Life = "there" | "closed" | "silent";

export class RawWebSocket {
  onText: (text: string) => void = () => {};
  #unread: Buffer = Buffer.alloc(0);
  #upgraded = false;
  #parts: Buffer[] = [];
  /** Of those who wait, in the order of their pings */
  readonly #pongs: (() => void)[] = [];
  readonly #over: Promise<void>;
  isClosed = false;

  private constructor(private readonly socket: Socket) {
    this.#over = new Promise((resolve) => {
      socket.once("close", () => {
        this.isClosed = true;
        resolve();
      });
    });
  }

  /** @param from on loopback, whose every address is this machine @returns undefined where it was refused */
  static async open(port: number, from: string, request: string): Promise<RawWebSocket | undefined> {
    const socket = connect({ port, host: "127.0.0.1", localAddress: from });
    socket.setNoDelay(true);
    socket.on("error", () => {});
    const client = new RawWebSocket(socket);
    const opened = new Promise<boolean>((resolve) => {
      socket.on("data", (bytes: Buffer) => {
        client.#unread = client.#unread.length === 0 ? bytes : Buffer.concat([client.#unread, bytes]);
        if (!client.#upgraded) {
          const end = client.#unread.indexOf("\r\n\r\n");
          if (end < 0) return;
          if (!client.#unread.toString("latin1", 0, 13).includes(" 101")) return resolve(false);
          client.#upgraded = true;
          client.#unread = client.#unread.subarray(end + 4);
          resolve(true);
        }
        client.#read();
      });
      void client.#over.then(() => resolve(false));
    });
    socket.write(request, "latin1");
    const late = setTimeout(() => socket.destroy(), patienceMs);
    const isOpen = await opened;
    clearTimeout(late);
    if (isOpen) return client;
    socket.resetAndDestroy();
    return undefined;
  }

  write(bytes: Uint8Array): void {
    if (!this.isClosed) this.socket.write(bytes);
  }

  /** Until all that was written is read at the other end: pings are answered in order. */
  async sync(): Promise<Life> {
    let timer: NodeJS.Timeout | undefined;
    const pong = new Promise<Life>((resolve) => {
      this.#pongs.push(() => resolve("there"));
      timer = setTimeout(() => resolve("silent"), patienceMs);
    });
    this.write(frame(9, new Uint8Array(0)));
    const life = await Promise.race([pong, this.#over.then((): Life => "closed")]);
    clearTimeout(timer);
    return life;
  }

  /** Without a word, and without a port that is kept for its stragglers */
  drop(): void {
    this.socket.resetAndDestroy();
  }

  #read(): void {
    for (;;) {
      const bytes = this.#unread;
      if (bytes.length < 2) return;
      let length = bytes[1]! & 0x7f;
      let head = 2;
      if (length >= 126) {
        head = length === 126 ? 4 : 10;
        if (bytes.length < head) return;
        length = length === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
      }
      if (bytes.length < head + length) return;
      const opcode = bytes[0]! & 0x0f;
      const payload = bytes.subarray(head, head + length);
      this.#unread = bytes.subarray(head + length);
      if (opcode === 10) this.#pongs.shift()?.();
      // It waits half a minute for ours, and reads nothing more.
      if (opcode === 8) this.socket.resetAndDestroy();
      if (opcode > 1) continue;
      this.#parts.push(payload);
      if ((bytes[0]! & 0x80) === 0) continue;
      this.onText(Buffer.concat(this.#parts.splice(0)).toString());
    }
  }
}

export function upgradeRequest(path: string, headers: Record<string, string> = {}): string {
  const all = {
    host: "127.0.0.1",
    upgrade: "websocket",
    connection: "Upgrade",
    "sec-websocket-version": "13",
    "sec-websocket-key": randomBytes(16).toString("base64"),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${path} HTTP/1.1\r\n${lines.join("")}\r\n`;
}

/** As a client sends it, under a mask of zeros */
export function frame(opcode: number, payload: Uint8Array, isLast = true): Buffer {
  const { length } = payload;
  const head =
    length < 126
      ? Buffer.from([0, length])
      : length < 65_536
        ? Buffer.from([0, 126, length >> 8, length & 255])
        : Buffer.concat([Buffer.from([0, 127, 0, 0, 0, 0]), Buffer.from(new Uint32Array([length]).buffer).swap32()]);
  head[0] = (isLast ? 0x80 : 0) | opcode;
  head[1]! |= 0x80;
  return Buffer.concat([head, Buffer.alloc(4), payload]);
}
