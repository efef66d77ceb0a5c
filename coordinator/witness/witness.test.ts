/** The witness as a process has it: what it signed outlives it, and a coordinator's run goes through it. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { toHex } from "../../shared/canonical.ts";
import { announce, announcementHash } from "../../shared/round/0-announce.ts";
import { signBody } from "../../shared/round/signed.ts";
import { newWorld, smallTask, type World } from "../../shared/round/testing.ts";
import { isWitnessed } from "../../shared/round/witnessed.ts";
import { generateIdentityKeys, identityFrom } from "../../shared/secure-sum/keys.ts";
import { Witness } from "./witness.ts";
import { Witnesses } from "./witnesses.ts";

let folder: string;
let world: World;
let witness: Witness;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "murmur-witness-"));
  world = await newWorld(3, smallTask());
  witness = await Witness.open(folder);
});
afterEach(() => {
  witness.close();
  rmSync(folder, { recursive: true, force: true });
  rmSync(`${folder}.lock`, { force: true });
});

const announced = (modelHash = world.announcement.modelHash) =>
  announce(world.coordinator, { ...world.announcement, modelHash });
async function rosters() {
  const hash = await announcementHash(world.announcement);
  const of = (size: number) =>
    signBody("roster", { announcementHash: hash, size, commitmentsHash: "00".repeat(32) }, world.coordinator.signer);
  return [await of(3), await of(4)] as const;
}

test("[2] a coordinator that shows two rosters at the same time gets one signature, and after a restart of the witness none more", async () => {
  const signed = await witness.answer("announcement", await announced(), world.coordinatorKey);
  expect(signed).toHaveProperty("signature");
  const [one, two] = await rosters();
  const both = await Promise.all([one, two].map((roster) => witness.answer("roster", roster, world.coordinatorKey)));
  expect(both[0]).toHaveProperty("signature");
  expect(both[1]).toEqual({ refused: "second-roster" });

  witness.close();
  const { publicKey } = witness;
  witness = await Witness.open(folder);
  expect(witness.publicKey).toBe(publicKey);
  expect(await witness.answer("roster", two, world.coordinatorKey)).toEqual({ refused: "second-roster" });
  expect(await witness.answer("announcement", await announced("11".repeat(32)), world.coordinatorKey)).toEqual({
    refused: "second-announcement",
  });
  // What it said before it may say again: its answer may have been lost.
  expect(await witness.answer("roster", one, world.coordinatorKey)).toEqual(both[0]);
  expect(readFileSync(join(folder, "witness.log"), "utf8").trimEnd().split("\n")).toHaveLength(2);
});

test("what is written is written before the answer; a line that a crash tore is cut off", async () => {
  const answer = await witness.answer("announcement", await announced(), world.coordinatorKey);
  expect(answer).toHaveProperty("signature");
  expect(readFileSync(join(folder, "witness.log"), "utf8")).toContain(world.announcement.modelHash);
  witness.close();
  appendFileSync(join(folder, "witness.log"), '{"taskHash":"to');
  witness = await Witness.open(folder);
  const [one] = await rosters();
  expect(await witness.answer("roster", one, world.coordinatorKey)).toHaveProperty("signature");
  witness.close();
  witness = await Witness.open(folder);
  expect(await witness.answer("roster", one, world.coordinatorKey)).toHaveProperty("signature");
});

test("it serves the coordinator it signed for first, and no other; two processes cannot have its folder", async () => {
  expect(await witness.answer("announcement", await announced(), world.coordinatorKey)).toHaveProperty("signature");
  const other = await newWorld(3, smallTask({ name: "another" }));
  const theirs = await announce(other.coordinator, other.announcement);
  expect(await witness.answer("announcement", theirs, other.coordinatorKey)).toEqual({ refused: "signature-invalid" });
  await expect(Witness.open(folder)).rejects.toThrow("is in use");
});

test("the coordinator goes on with verified signatures of all witnesses only, and waits for one that is away", async () => {
  const witnesses = new Witnesses(200);
  const message = await announced();
  expect(await witnesses.sign(undefined, "announcement", message)).toBe(message);
  const keys = [witness.publicKey];
  await expect(witnesses.sign(keys, "announcement", message)).rejects.toThrow("witness-missing");

  const late = witnesses.sign(keys, "announcement", message);
  const leave = witnesses.enter(witness.publicKey, (kind, m) => witness.answer(kind, m, world.coordinatorKey));
  const { witnesses: signatures } = await late;
  expect(await isWitnessed("announcement", message, witness.publicKey, signatures![0]!)).toBe(true);
  await expect(witnesses.sign(keys, "announcement", await announced("11".repeat(32)))).rejects.toThrow(
    "witness-missing",
  );
  leave();
  await expect(witnesses.sign(keys, "announcement", message)).rejects.toThrow("witness-missing");

  const liar = await identityFrom(await generateIdentityKeys());
  witnesses.enter(witness.publicKey, async () => ({ signature: toHex(await liar.sign(new Uint8Array(1))) }));
  await expect(witnesses.sign(keys, "announcement", message)).rejects.toThrow("witness-missing");
});
