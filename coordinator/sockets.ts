/** Carries messages between sockets and runs: validates, hands on, answers. Knows no phase and no sum. */
import { randomBytes } from "node:crypto";
import type { Server as HttpServer, IncomingMessage } from "node:http";
import type { Logger } from "pino";
import { Server, type Socket } from "socket.io";
import { fromHex } from "../shared/canonical.ts";
import { pieceLength } from "../shared/round/3-masked.ts";
import { verifySignature } from "../shared/secure-sum/keys.ts";
import {
  type CoordinatorToTab,
  type CoordinatorToWitness,
  challengeText,
  type Reply,
  type TabToCoordinator,
  tabMessages,
  type WitnessToCoordinator,
  witnessChallengeText,
  witnessHello,
} from "../shared/wire.ts";
import { type Keys, roleOf } from "./access.ts";
import type { Coordinator } from "./coordinator.ts";
import type { Limits } from "./limits.ts";
import type { Connection } from "./room.ts";
import { type SeatedEvent, type Seats, Unserved } from "./seats.ts";
import { forgetSlab } from "./socket-slab.ts";

/** A piece of a vector, or shares for 254 neighbours, and what frames them. */
const largestMessage = pieceLength(32) + 2 ** 16;

/** Messages a tab may send in a window of time: a round needs seven, and one for each 65,536 coordinates of its vector. */
const messagesPerWindow = 300;
const windowMs = 10_000;

/** Whose runs are served. */
export type Host = Pick<Coordinator, "metrics" | "onRunChange" | "onProgress"> & {
  readonly keys: Keys;
  readonly seats: Seats;
  readonly witnesses: Pick<Coordinator["witnesses"], "enter">;
  readonly publicKey: string;
};

export function attachSockets(http: HttpServer, coordinator: Host, limits: Limits, log: Logger): Server {
  const refused = (limit: string) => coordinator.metrics.refused(limit);
  const io = new Server(http, {
    // Into a namespace, or out
    connectTimeout: limits.settings.helloMs,
    pingInterval: limits.settings.askAliveMs,
    serveClient: false,
    transports: ["websocket"],
    // Masked bytes do not compress.
    perMessageDeflate: false,
    maxHttpBufferSize: largestMessage,
    // Same origin only: no CORS header is ever sent, and a foreign page's upgrade is refused.
    allowRequest: async (request, answer) => {
      if (!sameOrigin(request.headers.origin, request.headers.host)) return answer("foreign origin", false);
      if (await limits.request(limits.addressOf(request))) return answer(null, true);
      refused("requests");
      answer("too many requests", false);
    },
  });
  io.engine.on("connection", (socket: { request: IncomingMessage; once: Server["once"]; close(): void }) => {
    const giveBack = limits.connect(limits.addressOf(socket.request));
    if (giveBack) return socket.once("close" as never, giveBack as never);
    refused("connections");
    socket.close();
  });

  const tabs = io.of("/tab");
  tabs.on("connection", (socket: Socket<TabToCoordinator, CoordinatorToTab>) =>
    serveTab(socket, coordinator, limits, log),
  );

  const witnesses = io.of("/witness");
  witnesses.on("connection", (socket: WitnessSocket) => serveWitness(socket, coordinator));

  const console = io.of("/console");
  console.use((socket, next) => {
    const role = roleOf(String(socket.handshake.auth.key ?? ""), coordinator.keys);
    next(role === "operator" ? undefined : new Error("operator-key-invalid"));
  });
  coordinator.onRunChange = (detail) => console.emit("run", detail);
  coordinator.onProgress = (run, progress) => console.volatile.emit("progress", { run, progress });
  return io;
}

/** Ends all connections; whoever was connected comes back by itself. */
export function hangUp(io: Server): void {
  for (const name of ["/tab", "/witness", "/console"])
    for (const socket of io.of(name).sockets.values()) socket.conn.close();
}

/** A browser names the page's origin; a program names none. */
function sameOrigin(origin: string | undefined, host: string | undefined): boolean {
  if (origin === undefined) return true;
  try {
    return new URL(origin).host === host;
  } catch {
    return false;
  }
}

function serveTab(
  socket: Socket<TabToCoordinator, CoordinatorToTab>,
  coordinator: Host,
  limits: Limits,
  log: Logger,
): void {
  const nonce = randomBytes(32).toString("hex");
  let seat: { connection: Connection; run: string } | undefined;
  // By the clock, not by a timer: of ten thousand tabs that wait, a thousand would go off every second.
  const window = { since: performance.now(), messages: 0 };
  socket.onAny(() => {
    const now = performance.now();
    if (now - window.since > windowMs) Object.assign(window, { since: now, messages: 0 });
    if (++window.messages <= messagesPerWindow) return;
    if (socket.connected) coordinator.metrics.refused("messages");
    socket.disconnect(true);
  });
  const silent = setTimeout(() => {
    coordinator.metrics.refused("silence");
    // Whoever waits for an answer that is late, as while nobody leads, comes back.
    socket.conn.close();
  }, limits.settings.helloMs);

  /** Counts the answer and how long it took; what asks for no answer gets none. */
  const measured = <Reply>(event: string, reply: Reply): Reply => {
    if (typeof reply !== "function") return reply;
    const began = performance.now();
    return ((answer: { ok: boolean; reason?: string }) => {
      coordinator.metrics.message(event, answer.ok ? "ok" : (answer.reason ?? "refused"), performance.now() - began);
      reply(answer);
    }) as Reply;
  };

  let greeting = false;
  const greet = async (raw: unknown, reply: Parameters<TabToCoordinator["hello"]>[1]) => {
    const parsed = tabMessages.hello.safeParse(raw);
    if (!parsed.success || seat || greeting || typeof reply !== "function") return refuse(reply);
    // Two hellos at once must not take two seats: only one of them would be given back.
    greeting = true;
    try {
      const { signature, ...hello } = parsed.data;
      const text = challengeText(nonce, hello.run);
      const proven = await verifySignature(fromHex(hello.identity), fromHex(signature), text);
      if (proven && !(await limits.hello(hello.identity))) {
        coordinator.metrics.refused("hellos");
        return void socket.disconnect(true);
      }
      const connection: Connection = {
        identity: hello.identity,
        send: (event, ...message) => socket.emit(event as keyof CoordinatorToTab, ...(message as never)),
        close: () => socket.disconnect(true),
      };
      await coordinator.seats.join({ ...hello, proven }, connection, (answer) => {
        // Gone in the meantime: nobody would ever give its seat back.
        if (!socket.connected) return false;
        if (answer.ok) {
          clearTimeout(silent);
          seat = { connection, run: hello.run };
        }
        reply(answer);
        return answer.ok;
      });
    } finally {
      greeting = false;
    }
  };
  socket.on("hello", (raw, reply) => void greet(raw, measured("hello", reply)).catch(failed));

  /** Every other message: the right shape, from somebody with a seat, into the run. */
  const carry = async (event: SeatedEvent, raw: unknown, reply: unknown) => {
    const parsed = tabMessages[event].safeParse(raw);
    if (!parsed.success || typeof reply !== "function") return refuse(reply);
    await intoRun(event, event === "masked" ? { header: parsed.data } : parsed.data, reply as Answer);
  };
  const intoRun = async (event: SeatedEvent, message: unknown, reply: Answer) => {
    if (!seat) return refuse(reply);
    reply(await coordinator.seats.receive(seat.run, seat.connection, event, message));
  };
  for (const event of ["ready", "nonce", "shares", "masked", "agreement", "unmask", "decline", "withdraw"] as const) {
    socket.on(event, (raw: unknown, reply: unknown) => void carry(event, raw, measured(event, reply)).catch(failed));
  }
  socket.on("piece", (bytes: unknown, answer: unknown) => {
    forgetSlab(socket);
    const reply = measured("piece", answer);
    if (!(bytes instanceof Uint8Array) || typeof reply !== "function") return refuse(reply);
    void intoRun("masked", { piece: bytes }, reply as Answer).catch(failed);
  });

  const failed = (error: unknown) => {
    if (!(error instanceof Unserved)) log.error({ err: error }, "a message broke the coordinator's handling");
    // The connection, not the namespace alone: after that a client would not come back by itself.
    socket.conn.close();
  };

  socket.on("disconnect", () => {
    clearTimeout(silent);
    if (seat) coordinator.seats.leave(seat.run, seat.connection);
  });

  socket.emit("challenge", nonce);
}

type WitnessSocket = Socket<WitnessToCoordinator, CoordinatorToWitness>;

/** How long a witness may think, ms. */
const witnessMs = 10_000;

/** Anybody may connect; whose key no task names is never asked. */
function serveWitness(socket: WitnessSocket, coordinator: Host): void {
  const nonce = randomBytes(32).toString("hex");
  let forget = () => {};
  socket.once("hello", async (raw, reply) => {
    const parsed = witnessHello.safeParse(raw);
    if (!parsed.success || typeof reply !== "function") return socket.disconnect(true);
    const { witness, signature } = parsed.data;
    const own = await verifySignature(fromHex(witness), fromHex(signature), witnessChallengeText(nonce));
    if (!own || !socket.connected) return socket.disconnect(true);
    reply({ coordinatorKey: coordinator.publicKey });
    forget = coordinator.witnesses.enter(witness, (kind, message) =>
      socket.timeout(witnessMs).emitWithAck(kind, message as never),
    );
  });
  socket.on("disconnect", () => forget());
  socket.emit("challenge", nonce);
}

type Answer = (answer: Reply) => void;

function refuse(reply: unknown): void {
  if (typeof reply === "function") reply({ ok: false, reason: "message-invalid" });
}
