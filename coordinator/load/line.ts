/** The line between one process and a server, which may be cut or slow. */
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export class Line {
  /** Each piece of bytes waits so long before it goes on, ms */
  delayMs = 0;
  #isCut = false;
  readonly #near = new Set<Socket>();
  readonly #far = new Set<Socket>();
  readonly #server = createServer((socket) => this.#take(socket));

  private constructor(
    private readonly host: string,
    private readonly port: number,
  ) {}

  /** @returns the line, and the address by which to reach its other end */
  static async to(address: string): Promise<{ line: Line; address: string }> {
    const url = new URL(address);
    const line = new Line(url.hostname, Number(url.port || (url.protocol.startsWith("redis") ? 6379 : 5432)));
    await new Promise<void>((resolve) => line.#server.listen(0, "127.0.0.1", resolve));
    line.#server.unref();
    url.hostname = "127.0.0.1";
    url.port = String((line.#server.address() as AddressInfo).port);
    return { line, address: url.href };
  }

  /** The server finds out that nobody is there; the process is told nothing, not even that a connection is refused. */
  cut(): void {
    this.#isCut = true;
    for (const socket of this.#far) socket.destroy();
  }

  /** What came of the connections in the meantime is told now. */
  mend(): void {
    this.#isCut = false;
    for (const socket of this.#near) socket.resetAndDestroy();
  }

  #take(near: Socket): void {
    near.on("error", () => {});
    this.#near.add(near);
    near.once("close", () => this.#near.delete(near));
    near.resume();
    if (this.#isCut) return;
    const far = connect(this.port, this.host);
    far.on("error", () => {});
    this.#far.add(far);
    near.once("close", () => far.destroy());
    far.once("close", () => {
      this.#far.delete(far);
      if (!this.#isCut) near.destroy();
    });
    this.#pass(near, far);
    this.#pass(far, near);
  }

  #pass(from: Socket, to: Socket): void {
    let last = Promise.resolve();
    from.on("data", (bytes: Buffer) => {
      // One after the other, also when a long delay is followed by a short one.
      last = last.then(async () => {
        if (this.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.delayMs));
        if (!to.destroyed && !this.#isCut) to.write(bytes);
      });
    });
  }
}
