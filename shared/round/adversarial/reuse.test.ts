/** Adversarial tests 7 and 26: nothing that protects one round is ever used in another. */
import { expect, test } from "vitest";
import { sha256, toHex } from "../../canonical.ts";
import { addNoise } from "../../privacy/discrete-gaussian.ts";
import { RandomSource } from "../../privacy/random.ts";
import type { Encoded } from "../../privacy/stages.ts";
import { announcementHash } from "../0-announce.ts";
import { openRoster } from "../1-roster.ts";
import { boxLength } from "../2-shares.ts";
import { packetAt } from "../packets.ts";
import { Decline } from "../reasons.ts";
import { formCohort, freshClaims, newWorld, offerAll, rosterOf, type World } from "../testing.ts";

/** 128 bits of a vector: among a thousand, two agree by chance once in 10^32. */
const fingerprint = async (vector: Int32Array | Uint8Array) =>
  toHex(await sha256(new Uint8Array(vector.buffer.slice(0) as ArrayBuffer))).slice(0, 32);

async function fingerprints(tabs: number, rounds: number, source: () => RandomSource): Promise<string[]> {
  const all: Promise<string>[] = [];
  for (let tab = 0; tab < tabs; tab++) {
    const random = source();
    for (let round = 0; round < rounds; round++)
      all.push(fingerprint(addNoise(new Int32Array(64) as Encoded, 400n, random)));
  }
  return Promise.all(all);
}

test("[26] no two of a thousand noise vectors are the same: not of two tabs, not of two rounds", async () => {
  const found = await fingerprints(50, 20, () => new RandomSource());
  expect(new Set(found).size).toBe(1000);
});

test("[26] tabs whose generator starts from one state are told apart from tabs whose does not", async () => {
  const same = () => {
    let state = 1;
    return new RandomSource((words) => {
      for (let i = 0; i < words.length; i++) words[i] = state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    });
  };
  expect(new Set(await fingerprints(5, 4, same)).size).toBe(4);
});

/** Every secret that the tabs of a cohort agree on or draw, in one round. */
async function secretsOf(world: World): Promise<string[]> {
  const { members } = await formCohort(world);
  return [...members.values()].flatMap(({ state, message }) => [
    toHex(state.maskSeed),
    toHex(state.maskSecret),
    ...[...state.boxSecrets.values()].map(toHex),
    ...[...state.maskSecrets].filter(([other]) => other > state.me).map(([, secret]) => toHex(secret)),
    message.shares.body.commitment,
    ...Array.from({ length: message.boxes.length / boxLength }, (_, i) => toHex(packetAt(message.boxes, i, boxLength))),
  ]);
}

test("[7] [26] no seed, key, secret, commitment or packet of one attempt comes back in the next", async () => {
  const world = await newWorld(5);
  const first = await secretsOf(world);
  world.announcement = { ...world.announcement, attempt: 2 };
  const second = await secretsOf(world);
  // Each box secret is known to both ends of a pair.
  const distinct = new Set([...first, ...second]).size;
  expect(distinct).toBe(first.length + second.length - 2 * 10);
});

test("[7] last round's roster, good as it was, is no roster of this one, nor of another task with the same model", async () => {
  const world = await newWorld(4);
  const old = await rosterOf(world, await offerAll(world));
  for (const change of [{ attempt: 2 }, { round: 2 }, { run: "another" }, { taskHash: "11".repeat(32) }]) {
    const facts = { round: 1, attempt: 1, question: "profile" as const };
    const hash = await announcementHash({ ...world.announcement, ...change });
    const joined = (await offerAll(world))[0]!;
    const state = { ...joined, facts: { ...facts, announcementHash: hash } };
    const error = await openRoster(freshClaims(world.tabs[0]!.env), state, old.roster).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(Decline);
    expect(error).toMatchObject({ reason: "roster-invalid", details: { what: "round" } });
  }
});
