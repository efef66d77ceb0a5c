/** A participant without a page, for tests of the coordinator: the tab's own session and answerer, on Dawn in Node. */
import { io } from "socket.io-client";
import { parseCsv } from "../client/data/read.ts";
import { Answerer } from "../client/worker/answerer.ts";
import type { Journal } from "../client/worker/journal.ts";
import { type Answer, Session, type SessionEvents } from "../client/worker/session.ts";
import { portionKeyBytes, splitHeldBack } from "../shared/data/portions.ts";
import { readRows } from "../shared/data/rows.ts";
import { admission, type Charge } from "../shared/privacy/balance.ts";
import { RandomSource } from "../shared/privacy/random.ts";
import type { Question } from "../shared/questions/question.ts";
import type { Catalogue } from "../shared/recommend/catalogue.ts";
import { knownChoices } from "../shared/recommend/choices.ts";
import { generateIdentityKeys } from "../shared/secure-sum/keys.ts";
import type { Task } from "../shared/task.ts";
import type { EncoderFile } from "../shared/text/encoder-file.ts";

/** A journal that lives as long as the test. */
export async function memoryJournal(): Promise<Journal> {
  const keys = await generateIdentityKeys();
  const portionKey = new RandomSource().bytes(portionKeyBytes);
  let pin: string | undefined;
  let seen: Awaited<ReturnType<Journal["checkpoint"]>>;
  const claims = new Set<string>();
  const charges = new Map<string, Charge[]>();
  return {
    identityKeys: async () => keys,
    portionKey: async () => portionKey,
    pinCoordinator: async (key) => (pin ??= key),
    checkpoint: async () => seen,
    saveCheckpoint: async (checkpoint) => {
      seen = checkpoint;
    },
    claim: async (step) => !claims.has(step) && claims.add(step) !== undefined,
    charges: async (family) => charges.get(family) ?? [],
    charge: async (family, charge, budget) => {
      // Nothing is awaited in between, so charges never overlap.
      const before = charges.get(family) ?? [];
      const answer = admission(before, charge, budget);
      if (answer.admitted) charges.set(family, [...before, charge]);
      return answer;
    },
  };
}

export interface NodeTab {
  session: Session;
  socket: ReturnType<typeof io>;
  /** Resolves when the run is over, rejects when this tab fails or declines for good */
  over: Promise<void>;
}

export type Compute = (
  question: Question,
  parameters: Float32Array<ArrayBuffer>,
  announcementHash: string,
) => Promise<Answer>;

/** Joins a run with a CSV's rows and answers at once. */
export async function joinInNode(options: {
  url: string;
  run: string;
  invite: string;
  task: Task;
  csv: string;
  device: GPUDevice;
  /** Of a task that reads texts */
  encoder?: EncoderFile;
  /** Of a task with items */
  catalogue?: Catalogue;
  /** Its portions and its noise follow from it; a test may hand one in that it can repeat */
  random?: RandomSource;
  journal?: Journal;
  events?: Partial<SessionEvents>;
}): Promise<NodeTab> {
  const { task, csv, device, encoder, catalogue, random = new RandomSource(), ...rest } = options;
  const read = readRows(parseCsv(csv).records, task).rows;
  const rows = catalogue ? knownChoices(read, catalogue) : read;
  const portions = splitHeldBack(rows, task.data.heldBack, random.bytes(portionKeyBytes));
  const answerer = await Answerer.create(async () => device, task, rows, portions, random, {
    ...(encoder && { file: encoder }),
    ...(catalogue && { catalogue }),
  });
  return joinWith({ ...rest, compute: (...asked) => answerer.answer(...asked) });
}

/** Joins a run with answers from anywhere, for tests that need no adapter. */
export async function joinWith(options: {
  url: string;
  run: string;
  invite: string;
  compute: Compute;
  journal?: Journal;
  events?: Partial<SessionEvents>;
}): Promise<NodeTab> {
  const { url, run, invite, compute } = options;
  const journal = options.journal ?? (await memoryJournal());
  // Before the socket: the coordinator speaks first, and nothing may be awaited until the session listens.
  const identity = await Session.identity(journal);
  const socket = io(`${url}/tab`, {
    transports: ["websocket"],
    forceNew: true,
    reconnectionDelay: 100,
    reconnectionDelayMax: 300,
  });
  const { promise: over, resolve, reject } = deferred();
  const quiet = () => {};
  const session = new Session(socket as never, run, invite, identity, journal, compute, {
    onWelcome: quiet,
    onPhase: quiet,
    onSent: quiet,
    onResult: quiet,
    onCheckpoint: quiet,
    onDecline: (decline, final) => final && reject(decline),
    onAbort: quiet,
    onRefused: (reason) => reject(new Error(`refused: ${reason}`)),
    onEnded: () => {
      session.leave();
      resolve();
    },
    onOnline: quiet,
    onFailure: reject,
    ...options.events,
  });
  over.catch(quiet);
  session.consent();
  return { session, socket, over };
}

function deferred(): { promise: Promise<void>; resolve: () => void; reject: (error: unknown) => void } {
  let resolve: () => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
