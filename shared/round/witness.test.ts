/** Adversarial tests 1, 2 and 7 with a witness: it signs one model, one roster and one result a round, and tabs insist on it. */
import { beforeAll, expect, test } from "vitest";
import { hashOf, toHex } from "../canonical.ts";
import { generateIdentityKeys, type Identity, identityFrom } from "../secure-sum/keys.ts";
import { taskHash } from "../task.ts";
import { type Announcement, acceptAnnouncement, announce } from "./0-announce.ts";
import { offerKeys } from "./1-ready.ts";
import { openRoster, type Roster } from "./1-roster.ts";
import { acceptResult, publishResult, type Result } from "./5-result.ts";
import type { Signed } from "./signed.ts";
import { signBody } from "./signed.ts";
import { freshClaims, newWorld, offerAll, rosterOf, smallTask, type World } from "./testing.ts";
import { type Sighting, seeAnnouncement, seeResult, seeRoster } from "./witness.ts";
import { signAsWitness, type Witnessed, type WitnessedKind } from "./witnessed.ts";

let witness: Identity;
let world: World;
beforeAll(async () => {
  witness = await identityFrom(await generateIdentityKeys());
  world = await newWorld(3);
});

const announced = (change: Partial<Announcement> = {}) =>
  announce(world.coordinator, { ...world.announcement, ...change });
const see = async (last: Sighting | undefined, change: Partial<Announcement> = {}, wasRun = last !== undefined) =>
  seeAnnouncement(last, await announced(change), world.coordinatorKey, wasRun);
const rosterBy = (announcementHash: string, size = 3) =>
  signBody("roster", { announcementHash, size, commitmentsHash: "00".repeat(32) }, world.coordinator.signer);

test("[1] of two models in one round only the first is signed, whatever attempt the second comes with", async () => {
  const first = await see(undefined);
  expect(await see(first)).toEqual(first);
  await expect(see(first, { modelHash: "11".repeat(32) })).rejects.toThrow("second-announcement");
  await expect(see(first, { attempt: 2, modelHash: "11".repeat(32) })).rejects.toThrow("second-model");
  expect((await see(first, { attempt: 2 })).attempt).toBe(2);
  expect((await see(first, { round: 2, modelHash: "11".repeat(32) })).round).toBe(2);
});

test("[2] of two rosters only the first is signed; a roster of an announcement that was not signed is not", async () => {
  const first = await see(undefined);
  const roster = await rosterBy(first.announcementHash);
  const seen = await seeRoster(first, roster, world.coordinatorKey);
  expect(await seeRoster(seen, roster, world.coordinatorKey)).toEqual(seen);
  await expect(seeRoster(seen, await rosterBy(first.announcementHash, 4), world.coordinatorKey)).rejects.toThrow(
    "second-roster",
  );
  for (const last of [undefined, first])
    await expect(seeRoster(last, await rosterBy("22".repeat(32)), world.coordinatorKey)).rejects.toThrow("unknown");
});

test("[7] what is past does not come back: neither an earlier round nor an earlier attempt, nor its roster", async () => {
  const first = await see(undefined);
  const retried = await see(first, { attempt: 2 });
  await expect(see(retried)).rejects.toThrow("past");
  await expect(seeRoster(retried, await rosterBy(first.announcementHash), world.coordinatorKey)).rejects.toThrow(
    "unknown",
  );
  await expect(see(await see(first, { round: 2 }), { attempt: 3 })).rejects.toThrow("past");
});

const resultBy = ({ announcementHash, rosterHash = "" }: Sighting, change: Partial<Result> = {}) =>
  publishResult(world.coordinator, {
    announcementHash,
    rosterHash,
    survivors: 3,
    sumHash: "33".repeat(32),
    modelHash: "44".repeat(32),
    ...change,
  });
/** What a witness remembers after a whole round. */
async function afterRound(): Promise<Sighting> {
  const first = await see(undefined);
  const seen = await seeRoster(first, await rosterBy(first.announcementHash), world.coordinatorKey);
  return seeResult(seen, await resultBy(seen), world.coordinatorKey);
}

test("[2] of two results only the first is signed, and only of the roster that was; forged ones never", async () => {
  const done = await afterRound();
  const tell = async (change: Partial<Result>) => seeResult(done, await resultBy(done, change), world.coordinatorKey);
  expect(await tell({})).toEqual(done);
  await expect(tell({ sumHash: "55".repeat(32) })).rejects.toThrow("second-result");
  await expect(tell({ modelHash: "55".repeat(32) })).rejects.toThrow("second-result");
  await expect(tell({ rosterHash: "55".repeat(32) })).rejects.toThrow("unknown");
  await expect(tell({ announcementHash: "55".repeat(32) })).rejects.toThrow("unknown");
  const early = await see(undefined);
  await expect(seeResult(early, await resultBy(early), world.coordinatorKey)).rejects.toThrow("unknown");
  const forged = { ...(await resultBy(done)), signature: "00".repeat(64) };
  await expect(seeResult(done, forged, world.coordinatorKey)).rejects.toThrow("signature-invalid");
});

test("[1] the next round asks about the model that the result named; at the end about one mean of the last models", async () => {
  const done = await afterRound();
  const named = { modelHash: "44".repeat(32) };
  const evaluate = { question: { kind: "evaluate" } as Announcement["question"] };
  await expect(see(done, { round: 2 })).rejects.toThrow("second-model");
  expect((await see(done, { round: 2, ...named })).round).toBe(2);
  const asked = await see(done, { round: 2, ...evaluate, modelHash: "66".repeat(32) });
  const seen = await seeRoster(asked, await rosterBy(asked.announcementHash), world.coordinatorKey);
  const last = await seeResult(seen, await resultBy(seen, { modelHash: "66".repeat(32) }), world.coordinatorKey);
  await expect(see(last, { round: 3, ...evaluate, ...named })).rejects.toThrow("second-model");
  expect((await see(last, { round: 3, ...evaluate, modelHash: "66".repeat(32) })).round).toBe(3);
});

test("[7] a task is run again from the start, and its former run is over for good", async () => {
  const done = await afterRound();
  const second = await see(done, { run: "another", modelHash: "77".repeat(32) }, false);
  expect(second).toMatchObject({ run: "another", round: 1 });
  expect(second.resultHash).toBeUndefined();
  await expect(see(second, { round: 2, modelHash: "44".repeat(32) })).rejects.toThrow("past");
  await expect(seeResult(second, await resultBy(done), world.coordinatorKey)).rejects.toThrow("unknown");
});

test("nobody but the coordinator gets a signature", async () => {
  const other = { signer: witness };
  const forged = await announce({ ...world.coordinator, ...other }, world.announcement);
  await expect(seeAnnouncement(undefined, forged, world.coordinatorKey, false)).rejects.toThrow("signature-invalid");
  const first = await see(undefined);
  const roster = { ...(await rosterBy(first.announcementHash)), signature: "00".repeat(64) };
  await expect(seeRoster(first, roster, world.coordinatorKey)).rejects.toThrow("signature-invalid");
});

/** A world whose task names a witness, and how that witness signs. */
async function witnessedWorld() {
  const task = smallTask({ witnesses: [toHex(witness.publicKey)] });
  const inside = await newWorld(3, task);
  return { inside, task };
}
const witnessed = async <Body>(
  kind: WitnessedKind,
  message: Signed<Body>,
  by: Identity = witness,
): Promise<Witnessed<Body>> => ({ ...message, witnesses: [await signAsWitness(kind, message, by)] });

test("[1] a tab accepts no announcement without the witness, or with another's signature, or one for something else", async () => {
  const { inside } = await witnessedWorld();
  const { env } = inside.tabs[0]!;
  const message = await announce(inside.coordinator, inside.announcement);
  const accept = (m: Witnessed<Announcement>) => acceptAnnouncement(env, m, inside.parameters);
  const other = await identityFrom(await generateIdentityKeys());
  const elsewhere = await announce(inside.coordinator, { ...inside.announcement, attempt: 2 });
  for (const bad of [
    message,
    { ...message, witnesses: [] },
    { ...message, witnesses: [message.signature] },
    await witnessed("announcement", message, other),
    await witnessed("roster", message),
    { ...message, witnesses: (await witnessed("announcement", elsewhere)).witnesses! },
  ])
    await expect(accept(bad)).rejects.toThrow("witness-missing");
  expect((await accept(await witnessed("announcement", message))).round).toBe(1);
});

test("[2] a tab opens no roster without the witness, nor with its word for another roster", async () => {
  const { inside } = await witnessedWorld();
  const signed = await witnessed("announcement", await announce(inside.coordinator, inside.announcement));
  const joined = await Promise.all(
    inside.tabs.map(async ({ env }) => offerKeys(env, await acceptAnnouncement(env, signed, inside.parameters))),
  );
  const { roster } = await rosterOf(inside, joined);
  const open = (shown: Witnessed<Roster>) => openRoster(freshClaims(inside.tabs[0]!.env), joined[0]!, shown);
  await expect(open(roster)).rejects.toThrow("witness-missing");
  const second = await rosterOf(inside, await offerAgain(inside));
  const borrowed = (await witnessed("roster", second.roster)).witnesses!;
  await expect(open({ ...roster, witnesses: borrowed })).rejects.toThrow("witness-missing");
  expect((await open(await witnessed("roster", roster))).message.rosterHash).toBe(await hashOf(roster.body));
});

test("[2] a tab takes no result without the witness, nor with its word for another", async () => {
  const { inside } = await witnessedWorld();
  const { env } = inside.tabs[0]!;
  const signed = await witnessed("announcement", await announce(inside.coordinator, inside.announcement));
  const facts = await acceptAnnouncement(env, signed, inside.parameters);
  const hash = "00".repeat(32);
  const body = { announcementHash: facts.announcementHash, rosterHash: hash, survivors: 3, sumHash: hash };
  const [one, two] = await Promise.all(
    ["11", "22"].map((byte) => publishResult(inside.coordinator, { ...body, modelHash: byte.repeat(32) })),
  );
  await expect(acceptResult(env, facts, one!)).rejects.toThrow("witness-missing");
  const borrowed = (await witnessed("result", two!)).witnesses!;
  await expect(acceptResult(env, facts, { ...one!, witnesses: borrowed })).rejects.toThrow("witness-missing");
  expect(await acceptResult(env, facts, await witnessed("result", one!))).toEqual(one!.body);
});

test("[7] a tab answers for the run that it joined, and for no other of the same task", async () => {
  const { env } = world.tabs[0]!;
  await expect(acceptAnnouncement(env, await announced({ run: "another" }), world.parameters)).rejects.toThrow(
    "protocol-error",
  );
});

async function offerAgain(inside: World) {
  const signed = await witnessed("announcement", await announce(inside.coordinator, inside.announcement));
  return Promise.all(
    inside.tabs.map(async ({ env }) => offerKeys(env, await acceptAnnouncement(env, signed, inside.parameters))),
  );
}

test("a task without witnesses keeps its hash, and its tabs ask for none", async () => {
  expect(Object.keys(smallTask())).not.toContain("witnesses");
  expect(await taskHash(smallTask())).not.toBe(await taskHash((await witnessedWorld()).task));
  expect(await offerAll(world)).toHaveLength(3);
});
