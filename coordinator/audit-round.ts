/**
 * The rounds of an audit's training run: the coordinator's own room and phases, and a member with keys, shares, masks and
 * signatures for every vector, all in memory. What an audit finds here it finds in what is shipped, but for the sockets.
 */
import { fromHex, toHex } from "../shared/canonical.ts";
import type { Plan, RoundPlan } from "../shared/plan.ts";
import type { PlayRound } from "../shared/privacy/audit/canary.ts";
import { decodeParticipants, encodeRecordSum } from "../shared/privacy/encode.ts";
import { rotationSigns } from "../shared/privacy/hadamard.ts";
import type { RandomSource } from "../shared/privacy/random.ts";
import type { Noised } from "../shared/privacy/stages.ts";
import { readSegment, segment } from "../shared/questions/layout.ts";
import { type Announcement, announce, announcementHash, hashParameters } from "../shared/round/0-announce.ts";
import { type CoordinatorEnv, protocolVersion } from "../shared/round/round.ts";
import { generateIdentityKeys, identityFrom } from "../shared/secure-sum/keys.ts";
import { type Task, taskHash } from "../shared/task.ts";
import { asTask } from "../shared/task-rules.ts";
import { bulkCrypto } from "./bulk-crypto.ts";
import { Member } from "./load/member.ts";
import { taskOf } from "./load/shape.ts";
import { Room } from "./room.ts";
import { conductRound } from "./round.ts";

/** Nobody is waited for in vain here: what does not answer is an error. */
const forever = 3_600_000;
const deadlines = { ready: forever, shares: forever, masked: forever, piece: forever, unmask: forever };
const run = "audit";

/**
 * @param noiseMultiplier z of the claim; nobody leaves and nobody is taken to collude, so all shares of noise make it up
 * @param dimension coordinates of a vector
 */
export function roundsInMemory(random: RandomSource, noiseMultiplier: number, dimension: number): PlayRound {
  let round = 0;
  return async (build, vectors, model) => {
    const size = vectors.length;
    const cohort = { minimum: size, maximum: size, dropoutTolerance: 0, colludingShare: 0 };
    const task = asTask({ ...taskOf({ clients: size, dimension, dropout: 0 }), cohort });
    const of = <T>(value: T) => ({
      profile: value,
      train: value,
      tree: value,
      moments: value,
      explain: value,
      evaluate: value,
    });
    const plan: Plan = { noiseMultiplier: of(noiseMultiplier), sampleRate: of(1), rounds: of(1) };
    const signer = await identityFrom(await generateIdentityKeys());
    const env: CoordinatorEnv = { task, plan, signer, ...bulkCrypto };
    const body: Announcement = {
      protocol: protocolVersion,
      run,
      round: ++round,
      attempt: 1,
      taskHash: await taskHash(task),
      question: { kind: "train", normalisation: {}, witness: { slope: [], weight: [] } } as never,
      modelHash: await hashParameters(Float32Array.from(model)),
    };
    const hash = await announcementHash(body);

    let answers: Promise<Noised[]> | undefined;
    // In the vectors' order, whoever is asked first: with the same random source, the same noise.
    const answersOf = async ({ layout, localVariance }: RoundPlan) => {
      const signs = await rotationSigns(fromHex(hash), layout.dimension);
      const { offset, bound } = segment(layout, "update");
      return vectors.map((vector) => {
        const whole = new Float64Array(layout.dimension);
        whole.set(
          vector.map((x) => x * bound),
          offset,
        );
        const encoded = encodeRecordSum(Int32Array.from(build.encode(whole, layout, signs, random)), layout);
        return build.noise(encoded, localVariance, random);
      });
    };
    const room = new Room();
    const failed = new AbortController();
    for (let i = 0; i < size; i++) {
      const answer = async (_: unknown, mine: RoundPlan) => {
        answers ??= answersOf(mine);
        return (await answers)[i]!;
      };
      enter(room, await identity(task, plan, signer.publicKey), answer, (error) => failed.abort(error));
    }
    const announcement = await announce(env, body);
    const outcome = await conductRound(
      env,
      room,
      { round, attempt: 1, question: "train", announcementHash: hash },
      deadlines,
      {
        announce: async () => room.send(room.identities, "announce", { announcement }),
        onPhase: () => {},
        onStep: () => {},
        witness: async (roster) => roster,
        charge: async () => {},
        elsewhere: async () => undefined,
      },
      failed.signal,
    );
    const { layout } = outcome.plan;
    const decoded = decodeParticipants(outcome.sum, await rotationSigns(fromHex(hash), layout.dimension));
    const { bound } = segment(layout, "update");
    return readSegment(layout, decoded, "update")
      .subarray(0, dimension)
      .map((x) => x / bound);
  };
}

async function identity(task: Task, plan: Plan, coordinatorKey: Uint8Array) {
  const claims = new Set<string>();
  return {
    identity: await identityFrom(await generateIdentityKeys()),
    coordinatorKey: toHex(coordinatorKey),
    task,
    taskHash: await taskHash(task),
    run,
    plan,
    claim: async (step: string, announcementHash: string) => {
      const claimed = `${announcementHash}/${step}`;
      return !claims.has(claimed) && claims.add(claimed) !== undefined;
    },
    charge: async () => {},
  };
}

/** A seat whose connection is a call. */
function enter(
  room: Room,
  env: Awaited<ReturnType<typeof identity>>,
  answer: (_: unknown, plan: RoundPlan) => Promise<Noised>,
  onFailed: (error: unknown) => void,
): void {
  const own = toHex(env.identity.publicKey);
  const member = new Member(env, answer, async (event, message) => {
    const isPiece = event === "piece";
    const inRoom = isPiece ? { piece: message } : event === "masked" ? { header: message } : message;
    const reply = await room.receive(own, isPiece ? "masked" : event, inRoom);
    if (!reply.ok) throw new Error(`${event}: ${reply.reason}`);
  });
  room.enter({
    identity: own,
    send: (event, message) => void member[event as "roster"](message as never).catch(onFailed),
    close: () => {},
  });
}
