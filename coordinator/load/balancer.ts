/** A load balancer as plain as can be: each connection goes to the process that has the fewest, of those that answer. */
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export class Balancer {
  /** Connections that each process took so far */
  readonly taken: number[];
  readonly #open: Set<Socket>[];
  readonly #server = createServer((socket) => {
    socket.on("error", () => {});
    void this.#hand(socket);
  });

  private constructor(private readonly ports: readonly number[]) {
    this.taken = ports.map(() => 0);
    this.#open = ports.map(() => new Set());
  }

  /** @param ports of the processes, on loopback */
  static async before(ports: readonly number[]): Promise<Balancer> {
    const balancer = new Balancer(ports);
    await new Promise<void>((resolve) => balancer.#server.listen(0, "127.0.0.1", resolve));
    balancer.#server.unref();
    return balancer;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Of the process that has the fewest */
  get fewest(): number {
    return Math.min(...this.#open.map((sockets) => sockets.size));
  }

  /** Ends what the fullest process has beyond an equal share: who was there comes back, to the emptiest. */
  spread(): void {
    const share = Math.ceil(this.#open.reduce((sum, { size }) => sum + size, 0) / this.ports.length);
    for (const sockets of this.#open) for (const socket of [...sockets].slice(share)) socket.destroy();
  }

  async #hand(socket: Socket): Promise<void> {
    const order = [...this.ports.keys()].sort((a, b) => this.#open[a]!.size - this.#open[b]!.size);
    for (const which of order) {
      // Counted before it is there: many may come at once.
      const open = this.#open[which]!;
      open.add(socket);
      const there = await reach(this.ports[which]!);
      if (!there) {
        open.delete(socket);
        continue;
      }
      this.taken[which]!++;
      const over = () => {
        open.delete(socket);
        there.destroy();
      };
      there.on("error", () => {});
      there.once("close", () => socket.destroy());
      if (socket.destroyed) over();
      else socket.once("close", over);
      socket.pipe(there).pipe(socket);
      return;
    }
    socket.destroy();
  }
}

/** Undefined where nobody listens */
function reach(port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => resolve(socket));
    socket.once("error", () => resolve(undefined));
  });
}
