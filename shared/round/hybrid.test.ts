/** Rounds with `postQuantum`: the sum is exact whoever drops out, and neither half of a pair secret gives the mask. */
import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
import { beforeAll, expect, test } from "vitest";
import { fromHex, sha256, toHex } from "../canonical.ts";
import { layoutOf } from "../questions/question.ts";
import { open, seal } from "../secure-sum/boxes.ts";
import {
  agreementSecret,
  bothSecrets,
  type KemSecret,
  kemKeyLength,
  kemOf,
  kemTextLength,
} from "../secure-sum/hybrid.ts";
import { keyAgreement } from "../secure-sum/keys.ts";
import { pairKey } from "../secure-sum/masks.ts";
import { admitOffer, gather, offerKeys } from "./1-ready.ts";
import { offerLength, offersTo } from "./1-roster.ts";
import { admitShares, boxLength, collectShares, deliverShares, deliveryTo, openDelivery } from "./2-shares.ts";
import { signBody } from "./signed.ts";
import { type Formed, formCohort, freshClaims, newWorld, playRound, smallTask, type World } from "./testing.ts";

type Bytes = Uint8Array<ArrayBuffer>;

let world: World;
let formed: Formed;
beforeAll(async () => {
  world = await newWorld(4, smallTask({ postQuantum: true }));
  formed = await formCohort(world);
});
const dimension = layoutOf("profile", smallTask()).dimension;
const answersOf = (size: number) =>
  Array.from({ length: size }, (_, i) => Int32Array.from({ length: dimension }, (_, j) => (i + 1) * 1000 + j));
const exactly = (answers: Int32Array[], members: number[]) =>
  Array.from(answers[0]!, (_, j) => members.reduce((sum, i) => sum + answers[i]![j]!, 0));

test.each([[[]], [[0]], [[3]], [[1]]])(
  "members %j drop out after they shared: the sum of the others is exact",
  async (gone) => {
    const answers = answersOf(4);
    const leaves = answers.map((_, i) => (gone.includes(i as never) ? ("masked" as const) : ("never" as const)));
    const { sum, survivors } = await playRound(world, answers, leaves, formed);
    expect(survivors).toEqual([0, 1, 2, 3].filter((i) => !gone.includes(i as never)));
    expect(Array.from(sum)).toEqual(exactly(answers, survivors));
  },
);

/** Member 0 and what member 1 knows of it, once the shares are delivered. */
async function delivered() {
  const sharing = collectShares(world.coordinator, formed.linked);
  for (const [i, { message }] of formed.members) await admitShares(sharing, world.tabs[i]!.identity, message);
  const state = await deliverShares(world.coordinator, sharing);
  const entrust = (i: number) =>
    openDelivery(freshClaims(world.tabs[i]!.env), formed.members.get(i)!.state, deliveryTo(state, i));
  return { state, one: await entrust(0), two: await entrust(1) };
}

test("beside a packet and an offer as they are without it, a neighbour costs a text each way and a key, as the threat model says", async () => {
  const { state } = await delivered();
  expect(deliveryTo(state, 0).boxes.length).toBe(3 * (boxLength + kemTextLength));
  expect(offerLength(smallTask({ postQuantum: true })) - offerLength(smallTask())).toBe(kemKeyLength);
  // docs/threat-model.md, «Recorded traffic and a quantum computer»: of 120 neighbours, kB
  expect([kemTextLength, kemKeyLength].map((length) => Math.round((120 * length) / 1000))).toEqual([131, 142]);
});

test("both ends have one secret, and whoever has only X25519's half of it, or only ML-KEM's, does not have the mask's key", async () => {
  const { one, two } = await delivered();
  const secret = one.maskSecrets.get(1)!;
  expect(two.maskSecrets.get(0)).toEqual(secret);
  const key = toHex(await pairKey(one.context, secret, 0, 1));
  const agreed = formed.members.get(0)!.state.maskSecrets.get(1)!;
  const kem = one.kemSecrets.get(1)!;
  const keyFrom = async (half: Bytes | Promise<Bytes>) => toHex(await pairKey(one.context, await half, 0, 1));
  expect(await keyFrom(bothSecrets(agreed, kem))).toBe(key);
  const nothing = new Uint8Array(32);
  for (const half of [
    agreed,
    kem.shared,
    bothSecrets(agreed, { ...kem, shared: nothing }),
    bothSecrets(nothing, kem),
    // Secrets of the other direction, and of another text, are others.
    bothSecrets(agreed, two.kemSecrets.get(0)!),
    bothSecrets(agreed, { ...kem, text: kem.text.with(0, kem.text[0]! ^ 1) as Bytes }),
  ])
    expect(await keyFrom(half)).not.toBe(key);
  for (const context of [
    { ...one.context, rosterHash: nothing },
    { ...one.context, announcementHash: nothing },
  ])
    expect(toHex(await pairKey(context, secret, 0, 1))).not.toBe(key);
});

test("a discrete logarithm of the X25519 key is not the secret that ML-KEM's key is made of", async () => {
  const { maskSecret, context } = formed.members.get(0)!.state;
  const offer = formed.linked.offers[0]!.body;
  const scalar = await agreementSecret(maskSecret, context.announcementHash);
  expect(toHex((await keyAgreement(scalar)).publicKey)).toBe(offer.maskKey);
  expect(toHex((await kemOf(maskSecret, context.announcementHash)).publicKey)).toBe(offer.kemKey);
  expect(toHex((await kemOf(scalar, context.announcementHash)).publicKey)).not.toBe(offer.kemKey);
  expect(offersTo(formed.linked, 0).length).toBe(3 * offerLength({ postQuantum: true }));
});

test("packets need both halves too, and an altered text opens nothing", async () => {
  const { state, one } = await delivered();
  const whole = deliveryTo(state, 1).boxes.slice(0, kemTextLength + boxLength);
  const box = whole.slice(kemTextLength);
  const agreed = formed.members.get(1)!.state.boxSecrets.get(0)!;
  const sent = one.kemSecrets.get(1)!;
  expect(await open(one.context, await bothSecrets(agreed, sent), 0, 1, box)).toBeDefined();
  expect(await open(one.context, agreed, 0, 1, box)).toBeUndefined();
  expect(await open(one.context, await bothSecrets(new Uint8Array(32), sent), 0, 1, box)).toBeUndefined();
  const message = deliveryTo(state, 1);
  message.boxes[5]! ^= 1;
  const env = freshClaims(world.tabs[1]!.env);
  await expect(openDelivery(env, formed.members.get(1)!.state, message)).rejects.toThrow("share-invalid");
});

test("a member that sends a neighbour what does not follow from its secret, and leaves, is named", async () => {
  const dealer = 0;
  const { state, message } = formed.members.get(dealer)!;
  const boxes = message.boxes.slice();
  const parcel = kemTextLength + boxLength;
  const sent = new Map<number, KemSecret>();
  for (const [i, to] of state.neighbours.entries()) {
    const { kemKey } = formed.linked.offers[to]!.body;
    const { cipherText, sharedSecret } = ml_kem768.encapsulate(fromHex(kemKey!));
    const kem = { text: new Uint8Array(cipherText), shared: new Uint8Array(sharedSecret) };
    sent.set(to, kem);
    const agreed = state.boxSecrets.get(to)!;
    const old = boxes.slice(i * parcel + kemTextLength, (i + 1) * parcel);
    const packet = (await open(state.context, await bothSecrets(agreed, state.kemSecrets.get(to)!), dealer, to, old))!;
    boxes.set(kem.text, i * parcel);
    boxes.set(
      await seal(state.context, await bothSecrets(agreed, kem), dealer, to, packet),
      i * parcel + kemTextLength,
    );
  }
  const body = { ...message.shares.body, boxesHash: toHex(await sha256(boxes)) };
  const shares = await signBody("shares", body, world.tabs[dealer]!.env.identity);
  const members = new Map([
    ...formed.members,
    [dealer, { state: { ...state, kemSecrets: sent }, message: { shares, boxes } }] as const,
  ]);
  const answers = answersOf(4);
  // As long as it stays, its masks cancel: both ends have the same.
  const { sum, survivors } = await playRound(world, answers, [], { ...formed, members });
  expect(Array.from(sum)).toEqual(exactly(answers, survivors));
  await expect(playRound(world, answers, ["masked"], { ...formed, members })).rejects.toMatchObject({
    reason: "shares-insufficient",
    blamed: [world.tabs[dealer]!.identity],
  });
});

test("an offer without a key that can be sent to is refused, and one with a key where none is asked for", async () => {
  const { facts } = formed.linked;
  const { env, identity } = world.tabs[0]!;
  const { offer } = await offerKeys(env, facts);
  const { kemKey, ...bare } = offer.body;
  const admit = async (body: typeof offer.body, to = gather(world.coordinator, facts)) =>
    admitOffer(to, identity, await signBody("ready", body, env.identity));
  await admit(offer.body);
  await expect(admit(bare)).rejects.toThrow("message-invalid");
  await expect(admit({ ...bare, kemKey: "ff".repeat(kemKey!.length / 2) })).rejects.toThrow("message-invalid");
  const plain = gather({ ...world.coordinator, task: smallTask() }, facts);
  await expect(admit(offer.body, plain)).rejects.toThrow("message-invalid");
});
