/**
 * A client that speaks the whole protocol without data or adapter: real keys, shares, masks and signatures over a real
 * socket; only the answers are made up. It verifies what secures the sum, and not what a tab checks of task and ledger.
 */
import { io, type Socket } from "socket.io-client";
import { toHex } from "../../shared/canonical.ts";
import type { Plan, RoundPlan } from "../../shared/plan.ts";
import { addNoise } from "../../shared/privacy/discrete-gaussian.ts";
import { encodeRecordSum } from "../../shared/privacy/encode.ts";
import type { RandomSource } from "../../shared/privacy/random.ts";
import type { Question } from "../../shared/questions/question.ts";
import type { ParticipantEnv, RoundFacts } from "../../shared/round/round.ts";
import { generateIdentityKeys, identityFrom } from "../../shared/secure-sum/keys.ts";
import type { Task } from "../../shared/task.ts";
import { type CoordinatorToTab, challengeText, type TabToCoordinator } from "../../shared/wire.ts";
import type { Chance, ClientFault } from "./faults.ts";
import { garbage, malformed } from "./faults.ts";
import { Member, type MemberEvent } from "./member.ts";
import { sharedCrypto } from "./shared-work.ts";

export type Attempt = Pick<RoundFacts, "round" | "attempt" | "question">;

export interface ClientOptions {
  url: string;
  run: string;
  invite: string;
  task: Task;
  taskHash: string;
  plan: Plan;
  random: RandomSource;
  /** What it answers, before noise */
  answer(question: Question["kind"], length: number): Int32Array;
  /** Who computes next: all clients of a process share its processor */
  inTurn(work: () => Promise<void>): void;
  /** What a message waits for that is ready to be sent */
  beforeSending?(): Promise<void>;
  /** Whether it vanishes after it sent its shares */
  leaves(facts: Attempt): boolean;
  chance?: Chance;
  /** What it says in place of what it should, where it lies */
  tamper?(event: string, message: unknown): unknown;
  onSeated?(): void;
  onFault?(fault: ClientFault): void;
  /** From a message to its answer; a header's waits for its turn and does not count */
  onAnswered?(ms: number): void;
  /** All of the vector was acknowledged */
  onUploaded(facts: Attempt, answer: Int32Array, payloadBytes: number): void;
  /** Bytes of this round that are not the vector */
  onRevealed?(facts: Attempt, besideBytes: number): void;
  onLeft?(): void;
  /** Its own check, or the coordinator, ended the round for it */
  onOut(why: string): void;
  onEnded?(): void;
}

/** Connection or round is over for this client; it goes on with the next. */
class Out extends Error {}

/** How long it stays away, is silent, or dawdles over a piece, ms */
const [awayMs, silentMs, dawdleMs] = [1500, 2500, 60];
const crypto = sharedCrypto();
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export async function joinLoad(options: ClientOptions): Promise<{ leave(): void }> {
  const { url, run, invite, task, taskHash, plan, chance } = options;
  const identity = await identityFrom(await generateIdentityKeys());
  const socket: Socket<CoordinatorToTab, TabToCoordinator> = io(`${url}/tab`, {
    transports: ["websocket"],
    forceNew: true,
    reconnectionDelay: 200,
    reconnectionDelayMax: 1000,
  });
  const wire = () => {
    const { transport } = socket.io.engine as unknown as { transport: { ws: { _socket: Record<string, number> } } };
    return transport.ws._socket.bytesRead! + transport.ws._socket.bytesWritten!;
  };
  let member!: Member;
  let before = 0;

  const ask = async (event: string, message: unknown): Promise<{ ok: boolean; reason?: string }> => {
    const began = performance.now();
    // With a timeout, an answer that a lost connection swallows ends in an error.
    const reply = await socket
      .timeout(2 ** 31 - 1)
      .emitWithAck(event as "ready", message as never)
      .catch(() => {
        throw new Out("disconnected");
      });
    if (event !== "masked") options.onAnswered?.(performance.now() - began);
    return reply;
  };
  const send = async (event: string, right: unknown) => {
    if (event !== "piece") await options.beforeSending?.();
    const message = options.tamper?.(event, right) ?? right;
    const fault = chance?.next();
    if (fault) options.onFault?.(fault);
    if (fault === "leave") {
      socket.disconnect();
      setTimeout(() => socket.connect(), chance!.below(awayMs));
      throw new Out("left");
    }
    if (fault === "pause") await pause(chance!.below(silentMs));
    if (fault === "slow") await pause(chance!.below(dawdleMs));
    if (fault === "garbage") socket.io.engine.write(garbage(chance!));
    // What comes out of turn must be refused, and harm nobody but its sender.
    if (fault === "reorder") await ask(event === "unmask" ? "agreement" : "unmask", message);
    if (fault === "malformed") await ask(event, malformed(chance!, message));
    // Both are awaited together: a lost connection swallows the answers of both.
    const [reply] = await Promise.all(Array.from({ length: fault === "duplicate" ? 2 : 1 }, () => ask(event, message)));
    if (!reply!.ok) throw new Out(`${event}: ${reply!.reason}`);
  };
  const step = <Message>(work: (message: Message) => Promise<void>) => {
    return (message: Message) =>
      options.inTurn(async () => {
        try {
          await work(message);
        } catch (error) {
          options.onOut((error as Error).message);
        }
      });
  };

  const take = (event: MemberEvent) => step((message: never) => member[event](message));
  socket.on(
    "announce",
    step(async (message) => {
      before = wire();
      await member.announce(message);
    }),
  );
  for (const event of ["roster", "nonces", "offers", "survivors"] as const) socket.on(event, take(event));
  socket.on(
    "delivery",
    step(async (message) => {
      if (options.leaves(member.facts)) {
        socket.disconnect();
        options.onLeft?.();
        return;
      }
      await member.delivery(message);
      options.onUploaded(member.facts, answered, member.vectorBytes);
    }),
  );
  socket.on(
    "agreements",
    step(async (message) => {
      await member.agreements(message);
      options.onRevealed?.(member.facts, wire() - before - member.vectorBytes);
    }),
  );
  // From which no client comes back by itself: where an older connection of this one was seated late.
  socket.on("disconnect", (why) => {
    if (why !== "io server disconnect") return;
    options.onOut(why);
    setTimeout(() => socket.connect(), awayMs);
  });
  socket.on("ended", () => {
    socket.disconnect();
    options.onEnded?.();
  });

  const claims = new Set<string>();
  let answered!: Int32Array;
  const answer = ({ question }: RoundFacts, { layout, localVariance }: RoundPlan) => {
    const encoded = encodeRecordSum(options.answer(question, layout.dimension), layout);
    const noised = addNoise(encoded, localVariance, options.random);
    answered = noised;
    return noised;
  };
  let seated: () => void = () => {};
  const first = new Promise<void>((resolve) => {
    seated = resolve;
  });
  socket.on("challenge", async (nonce) => {
    const hello = {
      run,
      invite,
      identity: toHex(identity.publicKey),
      signature: toHex(await identity.sign(challengeText(nonce, run))),
      ledgerSize: 0,
    };
    const reply = (await ask("hello", hello).catch(() => undefined)) as
      | { ok: boolean; reason?: string; welcome?: { coordinatorKey: string } }
      | undefined;
    if (!reply?.ok || !reply.welcome) {
      if (reply?.reason === "run-ended") {
        socket.disconnect();
        options.onEnded?.();
      }
      return;
    }
    const env: ParticipantEnv = {
      identity,
      coordinatorKey: reply.welcome.coordinatorKey,
      task,
      taskHash,
      run,
      plan,
      claim: async (step, announcementHash) => {
        const claimed = `${announcementHash}/${step}`;
        return !claims.has(claimed) && claims.add(claimed) !== undefined;
      },
      charge: async () => {},
      crypto,
    };
    member = new Member(env, answer, send);
    options.onSeated?.();
    seated();
  });
  await first;
  return { leave: () => socket.disconnect() };
}
