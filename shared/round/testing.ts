/** A cohort in memory, for tests: real keys, real masks, no socket. */
import { sha256 as runningSha256 } from "@noble/hashes/sha2.js";
import { sha256, toHex } from "../canonical.ts";
import { architectureOf, initialParameters } from "../model.ts";
import type { Plan } from "../plan.ts";
import type { Noised } from "../privacy/stages.ts";
import {
  generateIdentityKeys,
  type Identity,
  identityFrom,
  keyAgreement,
  verifySignature,
} from "../secure-sum/keys.ts";
import { webCryptoHkdf, webCryptoStream } from "../secure-sum/masks.ts";
import { type Task, taskHash } from "../task.ts";
import { asTask } from "../task-rules.ts";
import { type Announcement, acceptAnnouncement, announce, hashParameters } from "./0-announce.ts";
import { admitOffer, gather, type Joined, offerKeys } from "./1-ready.ts";
import {
  admitNonce,
  closeCohort,
  collectNonces,
  type Gathered,
  type Linked,
  linkCohort,
  type Neighbour,
  offersTo,
  openGraph,
  openRoster,
} from "./1-roster.ts";
import { admitShares, collectShares, deliverShares, deliveryTo, openDelivery, shareSecrets } from "./2-shares.ts";
import {
  type Adding,
  addUp,
  closeUpload,
  type MaskedMessage,
  maskAnswer,
  openUpload,
  payloadLength,
  pieceLength,
  takePiece,
} from "./3-masked.ts";
import {
  admitAgreement,
  admitUnmask,
  agreeToSurvivors,
  announceSurvivors,
  closeAgreements,
  revealShares,
  unmaskSum,
} from "./4-unmask.ts";
import { type CoordinatorEnv, type ParticipantEnv, protocolVersion, type UploadCost } from "./round.ts";

export function smallTask(change: Record<string, unknown> = {}): Task {
  return asTask({
    name: "test",
    purpose: "a small task for tests of the protocol",
    data: {
      label: { column: "y", positive: "yes", negative: "no" },
      features: [{ name: "x", kind: "numeric", min: 0, max: 1 }],
    },
    model: {},
    privacy: { unit: "record", epsilon: 2, delta: 1e-5 },
    cohort: { minimum: 3, maximum: 100, dropoutTolerance: 0.4, colludingShare: 0 },
    training: { rounds: 2, learningRate: 1 },
    ...change,
  });
}

/** A plan without calibration: the noise is the test's business. */
export const plainPlan: Plan = {
  noiseMultiplier: { profile: 1, train: 1, tree: 1, moments: 1, explain: 1, evaluate: 1 },
  sampleRate: { profile: 1, train: 1, tree: 1, moments: 1, explain: 1, evaluate: 1 },
  rounds: { profile: 1, train: 2, tree: 0, moments: 0, explain: 0, evaluate: 1 },
};

/** A coordinator's bulk work by what a tab would use. */
const slowCrypto = {
  cipher: webCryptoStream,
  hkdf: webCryptoHkdf,
  agreement: keyAgreement,
  verify: verifySignature,
  sha256,
  startHash: () => runningSha256.create(),
};

export interface Tab {
  env: ParticipantEnv;
  identity: string;
  costs: UploadCost[];
}

/** The same participant with nothing answered yet. */
export function freshClaims(env: ParticipantEnv): ParticipantEnv {
  const claims = new Set<string>();
  return {
    ...env,
    claim: async (step, announcementHash) => {
      const key = `${step}/${announcementHash}`;
      if (claims.has(key)) return false;
      claims.add(key);
      return true;
    },
  };
}

export interface World {
  task: Task;
  coordinator: CoordinatorEnv;
  coordinatorKey: string;
  tabs: Tab[];
  announcement: Announcement;
  parameters: Float32Array<ArrayBuffer>;
}

export async function newTab(task: Task, coordinatorKey: string): Promise<Tab> {
  const identity: Identity = await identityFrom(await generateIdentityKeys());
  const costs: UploadCost[] = [];
  const env = freshClaims({
    identity,
    coordinatorKey,
    task,
    taskHash: await taskHash(task),
    run: "r",
    plan: plainPlan,
    claim: async () => true,
    charge: async (cost) => {
      costs.push(cost);
    },
  });
  return { env, identity: toHex(identity.publicKey), costs };
}

export async function newWorld(size: number, task: Task = smallTask()): Promise<World> {
  const signer = await identityFrom(await generateIdentityKeys());
  const coordinatorKey = toHex(signer.publicKey);
  const parameters = initialParameters(architectureOf(task), 1);
  const tabs = await Promise.all(Array.from({ length: size }, () => newTab(task, coordinatorKey)));
  return {
    task,
    coordinator: { task, plan: plainPlan, signer, ...slowCrypto },
    coordinatorKey,
    // In the roster's order, so that a tab's place here is its index there.
    tabs: tabs.sort((a, b) => (a.identity < b.identity ? -1 : 1)),
    parameters,
    announcement: {
      protocol: protocolVersion,
      run: "r",
      round: 1,
      attempt: 1,
      taskHash: await taskHash(task),
      question: { kind: "profile" },
      modelHash: await hashParameters(parameters),
    },
  };
}

/** The phase before which a tab is gone. */
export type Leaves = "nonce" | "shares" | "masked" | "agreement" | "unmask" | "never";
export const phases: readonly Leaves[] = ["nonce", "shares", "masked", "agreement", "unmask", "never"];

/** Everybody's keys are offered. */
export async function offerAll(world: World): Promise<Joined[]> {
  const signed = await announce(world.coordinator, world.announcement);
  const facts = await acceptAnnouncement(world.tabs[0]!.env, signed, world.parameters);
  return Promise.all(world.tabs.map((tab) => offerKeys(tab.env, facts)));
}

export async function rosterOf(world: World, joined: Joined[]): Promise<Gathered> {
  const gathering = gather(world.coordinator, joined[0]!.facts);
  for (const [i, tab] of world.tabs.entries()) await admitOffer(gathering, tab.identity, joined[i]!.offer);
  return closeCohort(world.coordinator, gathering);
}

/** @param stays who is still there to reveal its nonce */
export async function linkAll(
  world: World,
  joined: Joined[],
  gathered: Gathered,
  stays: (i: number) => boolean = () => true,
): Promise<{ linked: Linked; neighbours: Map<number, Neighbour> }> {
  const revealing = collectNonces(gathered);
  const there = [...world.tabs.entries()].filter(([i]) => stays(i));
  const opened = await Promise.all(
    there.map(async ([i, tab]) => {
      const { state, message } = await openRoster(freshClaims(tab.env), joined[i]!, gathered.roster);
      await admitNonce(revealing, tab.identity, message);
      return [i, state] as const;
    }),
  );
  const linked = await linkCohort(world.coordinator, revealing);
  const neighbours = opened
    .filter(([i]) => linked.sharers.includes(i))
    .map(async ([i, s]) => [i, await openGraph(world.tabs[i]!.env, s, linked.nonces, offersTo(linked, i))] as const);
  return { linked, neighbours: new Map(await Promise.all(neighbours)) };
}

/** A cohort up to its graph, without those who left: states do not change, so many rounds can go on from one. */
export interface Formed {
  linked: Linked;
  members: Map<number, Awaited<ReturnType<typeof shareSecrets>>>;
}

export async function formCohort(world: World, stays: (i: number) => boolean = () => true): Promise<Formed> {
  const joined = await offerAll(world);
  const { linked, neighbours } = await linkAll(world, joined, await rosterOf(world, joined), stays);
  const members = [...neighbours].map(
    async ([i, state]) => [i, await shareSecrets(freshClaims(world.tabs[i]!.env), state)] as const,
  );
  return { linked, members: new Map(await Promise.all(members)) };
}

/** A whole upload, piece by piece. */
export async function admitMasked(state: Adding, identity: string, { header, payload }: MaskedMessage): Promise<void> {
  const upload = await openUpload(state, identity, header, new Uint8Array(payloadLength(state.plan)));
  const length = pieceLength(state.plan.bits);
  for (let at = 0; at === 0 || at < payload.length; at += length) takePiece(upload, payload.subarray(at, at + length));
  closeUpload(state, upload);
}

/** Plays a round to its end; `leaves[i]` says when tab i is gone. @returns the sum and who is in it */
export async function playRound(
  world: World,
  answers: Int32Array[],
  leaves: Leaves[] = [],
  formed?: Formed,
): Promise<{ sum: Float64Array; survivors: number[] }> {
  const { coordinator } = world;
  const tabs = world.tabs.map((tab) => ({ ...tab, env: freshClaims(tab.env) }));
  const stays = (i: number, phase: Leaves) => phases.indexOf(leaves[i] ?? "never") > phases.indexOf(phase);
  const { linked, members } = formed ?? (await formCohort(world, (i) => stays(i, "nonce")));
  const sharing = collectShares(coordinator, linked);
  const shared = await Promise.all(
    tabs.map(async (tab, i) => {
      if (!stays(i, "shares") || !members.has(i)) return undefined;
      await admitShares(sharing, tab.identity, members.get(i)!.message);
      return members.get(i)!.state;
    }),
  );
  const delivered = await deliverShares(coordinator, sharing);
  const adding = addUp(coordinator, delivered);
  const uploaded = await Promise.all(
    tabs.map(async (tab, i) => {
      if (!stays(i, "masked") || !shared[i] || !delivered.partners.has(i)) return undefined;
      const ready = await openDelivery(tab.env, shared[i], deliveryTo(delivered, i));
      const { state, message } = await maskAnswer(tab.env, ready, answers[i] as unknown as Noised);
      await admitMasked(adding, tab.identity, message);
      return state;
    }),
  );
  const agreeing = await announceSurvivors(coordinator, adding);
  const agreed = await Promise.all(
    tabs.map(async (tab, i) => {
      if (!stays(i, "agreement") || !uploaded[i]) return undefined;
      const { state, message } = await agreeToSurvivors(tab.env, uploaded[i], agreeing.message);
      await admitAgreement(agreeing, tab.identity, message);
      return state;
    }),
  );
  const agreements = closeAgreements(agreeing);
  await Promise.all(
    tabs.map(async (tab, i) => {
      if (!stays(i, "unmask") || !agreed[i]) return;
      await admitUnmask(agreeing, tab.identity, await revealShares(tab.env, agreed[i], agreements.get(i)!));
    }),
  );
  const { sum } = await unmaskSum(coordinator, agreeing);
  return { sum, survivors: agreeing.survivors };
}
