/** Adversarial tests 1, 2 and 7 with a witness: it signs one model and one roster a round, and tabs insist on it. */
import { beforeAll, expect, test } from "vitest";
import { toHex } from "../canonical.ts";
import { generateIdentityKeys, type Identity, identityFrom } from "../secure-sum/keys.ts";
import { taskHash } from "../task.ts";
import { type Announcement, acceptAnnouncement, announce } from "./0-announce.ts";
import { offerKeys } from "./1-ready.ts";
import { openRoster } from "./1-roster.ts";
import type { Signed } from "./signed.ts";
import { signBody } from "./signed.ts";
import { freshClaims, newWorld, offerAll, rosterOf, smallTask, type World } from "./testing.ts";
import { type Sighting, seeAnnouncement, seeRoster } from "./witness.ts";
import { signAsWitness, type Witnessed } from "./witnessed.ts";

let witness: Identity;
let world: World;
beforeAll(async () => {
  witness = await identityFrom(await generateIdentityKeys());
  world = await newWorld(3);
});

const announced = (change: Partial<Announcement> = {}) =>
  announce(world.coordinator, { ...world.announcement, ...change });
const see = async (last: Sighting | undefined, change: Partial<Announcement> = {}) =>
  seeAnnouncement(last, await announced(change), world.coordinatorKey);
const rosterBy = (announcementHash: string, size = 3) =>
  signBody("roster", { announcementHash, size, membersHash: "00".repeat(32) }, world.coordinator.signer);

test("[1] of two models in one round only the first is signed, whatever attempt the second comes with", async () => {
  const first = await see(undefined);
  expect(await see(first)).toEqual(first);
  await expect(see(first, { modelHash: "11".repeat(32) })).rejects.toThrow("second-announcement");
  await expect(see(first, { attempt: 2, modelHash: "11".repeat(32) })).rejects.toThrow("second-model");
  await expect(see(first, { run: "another" })).rejects.toThrow("second-announcement");
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

test("nobody but the coordinator gets a signature", async () => {
  const other = { signer: witness };
  const forged = await announce({ ...world.coordinator, ...other }, world.announcement);
  await expect(seeAnnouncement(undefined, forged, world.coordinatorKey)).rejects.toThrow("signature-invalid");
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
  kind: "announcement" | "roster",
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
  const open = (shown: Witnessed<(typeof roster)["roster"]["body"]>) =>
    openRoster(freshClaims(inside.tabs[0]!.env), joined[0]!, { ...roster, roster: shown });
  await expect(open(roster.roster)).rejects.toThrow("witness-missing");
  const second = await rosterOf(inside, await offerAgain(inside));
  const borrowed = (await witnessed("roster", second.roster.roster)).witnesses!;
  await expect(open({ ...roster.roster, witnesses: borrowed })).rejects.toThrow("witness-missing");
  expect((await open(await witnessed("roster", roster.roster))).message.from).toBe(0);
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
