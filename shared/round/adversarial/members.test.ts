/** What the coordinator refuses from a tab, and what it can never read: one forged message must not touch the sum. */
import { beforeEach, describe, expect, test } from "vitest";
import { fromHex, hashOf, sha256, toHex } from "../../canonical.ts";
import type { Noised } from "../../privacy/stages.ts";
import { uniformP } from "../../privacy/testing/chi-squared.ts";
import { generateIdentityKeys, type Identity, identityFrom } from "../../secure-sum/keys.ts";
import { addMasks, type MaskContext, selfKey } from "../../secure-sum/masks.ts";
import { acceptAnnouncement, announce, hashParameters } from "../0-announce.ts";
import { admitOffer, type Gathering, gather, type Joined, keysHashOf, offerKeys } from "../1-ready.ts";
import {
  admitNonce,
  closeCohort,
  collectNonces,
  type Gathered,
  linkCohort,
  offerBytes,
  openGraph,
  openRoster,
  type Roster,
} from "../1-roster.ts";
import {
  admitShares,
  boxLength,
  collectShares,
  deliverShares,
  deliveryTo,
  openDelivery,
  type SharesMessage,
  type Sharing,
  shareSecrets,
} from "../2-shares.ts";
import {
  addUp,
  closeUpload,
  type MaskedMessage,
  maskAnswer,
  openUpload,
  payloadLength,
  pieceLength,
  takePiece,
} from "../3-masked.ts";
import {
  type Agreed,
  type Agreeing,
  type Agreement,
  admitAgreement,
  admitUnmask,
  agreeToSurvivors,
  announceSurvivors,
  closeAgreements,
  revealShares,
  unmaskSum,
} from "../4-unmask.ts";
import { encodeOpenings, type Opening } from "../openings.ts";
import { concat } from "../packets.ts";
import { Abort, type AbortReason, type DropReason, Refusal } from "../reasons.ts";
import type { RoundFacts } from "../round.ts";
import { type Signed, signBody } from "../signed.ts";
import { admitMasked, freshClaims, linkAll, newWorld, offerAll, smallTask, type World } from "../testing.ts";

const size = 4;
/** Some thousand coordinates, for χ². */
const wide = smallTask({
  data: {
    label: { column: "y", positive: "yes", negative: "no" },
    features: Array.from({ length: 16 }, (_, f) => ({
      name: `f${f}`,
      kind: "categorical",
      values: Array.from({ length: 256 }, (_, v) => `${v}`),
    })),
  },
});
let world: World;
let facts: RoundFacts;
let joined: Joined[];
let gathering: Gathering;
let stranger: Identity;
const who = (i: number) => world.tabs[i]!.identity;
const keyOf = (i: number) => world.tabs[i]!.env.identity;

async function start(task = smallTask()): Promise<void> {
  world = await newWorld(size, task);
  stranger = await identityFrom(await generateIdentityKeys());
  joined = await offerAll(world);
  facts = joined[0]!.facts;
  gathering = gather(world.coordinator, facts);
}

beforeEach(() => start());

async function closed(): Promise<Gathered> {
  for (const [i, offer] of joined.entries())
    if (!gathering.offers.has(who(i))) await admitOffer(gathering, who(i), offer.offer);
  return closeCohort(world.coordinator, gathering);
}

async function afterSharing(): Promise<{
  sharing: Sharing;
  messages: SharesMessage[];
  states: Awaited<ReturnType<typeof shareSecrets>>["state"][];
}> {
  const { linked, neighbours } = await linkAll(world, joined, await closed());
  const made = await Promise.all(world.tabs.map(({ env }, i) => shareSecrets(env, neighbours.get(i)!)));
  return {
    sharing: collectShares(world.coordinator, linked),
    messages: made.map((m) => m.message),
    states: made.map((m) => m.state),
  };
}

/** @param lie what the coordinator made a tab believe instead of the truth */
async function afterMasking(
  answer = (_: number, dimension: number) => new Int32Array(dimension),
  lie: (i: number) => Partial<MaskContext> = () => ({}),
) {
  const { sharing, messages, states } = await afterSharing();
  for (const [i, message] of messages.entries()) await admitShares(sharing, who(i), message);
  const delivered = await deliverShares(world.coordinator, sharing);
  const made = await Promise.all(
    world.tabs.map(async ({ env }, i) => {
      const entrusted = await openDelivery(env, states[i]!, deliveryTo(delivered, i));
      const believed = { ...entrusted, context: { ...entrusted.context, ...lie(i) } };
      return maskAnswer(env, believed, answer(i, delivered.plan.layout.dimension) as Noised);
    }),
  );
  return {
    adding: addUp(world.coordinator, delivered),
    uploads: made.map((m) => m.message),
    states: made.map((m) => m.state),
  };
}

/** After the uploads of all but the last member. */
async function afterAgreeing(): Promise<{ agreeing: Agreeing; agreed: Agreed[]; messages: Signed<Agreement>[] }> {
  const { adding, uploads, states } = await afterMasking((i, d) => new Int32Array(d).fill(10 ** i));
  for (let i = 0; i < size - 1; i++) await admitMasked(adding, who(i), uploads[i]!);
  const agreeing = await announceSurvivors(world.coordinator, adding);
  const made = await Promise.all(
    states.slice(0, size - 1).map((state, i) => agreeToSurvivors(world.tabs[i]!.env, state, agreeing.message)),
  );
  return { agreeing, agreed: made.map((m) => m.state), messages: made.map((m) => m.message) };
}

async function expectRefusal(step: Promise<unknown>, reason: DropReason): Promise<void> {
  const error = await step.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(Refusal);
  expect((error as Refusal).reason).toBe(reason);
}

async function expectAbort(step: Promise<unknown> | (() => unknown), reason: AbortReason): Promise<void> {
  const error = await (async () => (typeof step === "function" ? step() : step))().then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(Abort);
  expect((error as Abort).reason).toBe(reason);
}

/** Another first digit: an edit that leaves nothing as it was. */
const altered = (hex: string): string => (hex.startsWith("0") ? "1" : "0") + hex.slice(1);

/** One message of a tab, and how it may be wrong in what all messages have in common. */
async function expectCommonRefusals<Body extends object>(
  admit: (identity: string, message: Signed<Body>) => Promise<void>,
  kind: Parameters<typeof signBody>[0],
  good: Signed<Body>,
  otherRound: object,
): Promise<void> {
  await expectRefusal(admit(who(1), good), "message-invalid");
  await expectRefusal(admit(toHex(stranger.publicKey), good), "message-invalid");
  await expectRefusal(admit(who(0), await signBody(kind, good.body, stranger)), "signature-invalid");
  await expectRefusal(admit(who(0), { ...good, signature: altered(good.signature) }), "signature-invalid");
  await expectRefusal(admit(who(0), { ...good, signature: "" }), "signature-invalid");
  await expectRefusal(admit(who(0), await signBody("result", good.body, keyOf(0))), "signature-invalid");
  const replayed = await signBody(kind, { ...good.body, ...otherRound }, keyOf(0));
  await expectRefusal(admit(who(0), replayed), "message-invalid");
}

describe("an offer of keys", () => {
  test("is refused from the wrong sender, with a bad signature or for another round", async () => {
    const other = { announcementHash: await hashOf("another") };
    await expectCommonRefusals((w, m) => admitOffer(gathering, w, m), "ready", joined[0]!.offer, other);
    expect(gathering.offers.size).toBe(0);
  });
  test("[18] is refused a second time, whichever is checked first", async () => {
    await admitOffer(gathering, who(0), joined[0]!.offer);
    const second = (await offerKeys(world.tabs[0]!.env, facts)).offer;
    await expectRefusal(admitOffer(gathering, who(0), second), "duplicate");
    expect(gathering.offers.get(who(0))).toEqual(joined[0]!.offer);
    const both = [1, 1].map(async () => admitOffer(gathering, who(1), joined[1]!.offer));
    expect((await Promise.allSettled(both)).map((r) => r.status).sort()).toEqual(["fulfilled", "rejected"]);
  });
  test("from too few makes no cohort", async () => {
    for (const i of [0, 1]) await admitOffer(gathering, who(i), joined[i]!.offer);
    await expectAbort(closeCohort(world.coordinator, gathering), "cohort-too-small");
  });
  test("from too many makes a cohort of the task's maximum", async () => {
    for (const i of [0, 1, 2, 3]) await admitOffer(gathering, who(i), joined[i]!.offer);
    const task = smallTask({ cohort: { minimum: 3, maximum: 3, dropoutTolerance: 0, colludingShare: 0 } });
    const { identities } = await closeCohort({ ...world.coordinator, task }, gathering);
    expect(identities).toEqual([0, 1, 2].map(who));
  });
  test("[5] with a weak key, one key for both uses, or a key that was offered before, is refused", async () => {
    await admitOffer(gathering, who(0), joined[0]!.offer);
    const { body } = joined[1]!.offer;
    const theirs = joined[0]!.offer.body;
    const offer = (change: object) => signBody("ready", { ...body, ...change }, keyOf(1));
    const weak = "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800";
    for (const change of [{ maskKey: weak }, { boxKey: weak }, { maskKey: body.boxKey }])
      await expectRefusal(admitOffer(gathering, who(1), await offer(change)), "message-invalid");
    for (const change of [{ maskKey: theirs.maskKey }, { boxKey: theirs.maskKey }, { boxKey: theirs.boxKey }])
      await expectRefusal(admitOffer(gathering, who(1), await offer(change)), "duplicate");
    await admitOffer(gathering, who(1), joined[1]!.offer);
  });
});

describe("a nonce", () => {
  test("[6] is refused from another, for another roster, where it was not committed to, and twice", async () => {
    const gathered = await closed();
    const revealing = collectNonces(gathered);
    const { message } = await openRoster(freshClaims(world.tabs[0]!.env), joined[0]!, gathered.roster);
    const other = { ...message, nonce: altered(message.nonce) };
    for (const [identity, wrong] of [
      [who(1), message],
      [toHex(stranger.publicKey), message],
      [who(0), { ...message, rosterHash: altered(message.rosterHash) }],
      [who(0), other],
      [who(0), { ...message, nonce: "" }],
    ] as const)
      await expectRefusal(admitNonce(revealing, identity, wrong), "message-invalid");
    await admitNonce(revealing, who(0), message);
    await expectRefusal(admitNonce(revealing, who(0), message), "duplicate");
    await expectAbort(linkCohort(world.coordinator, revealing), "sharers-too-few");
  });
});

describe("shares", () => {
  test("are refused from the wrong sender, with a bad signature or for another round", async () => {
    const { sharing, messages } = await afterSharing();
    const other = { rosterHash: await hashOf("another") };
    const { shares, boxes } = messages[0]!;
    const admit = (w: string, m: typeof shares) => admitShares(sharing, w, { shares: m, boxes });
    await expectCommonRefusals(admit, "shares", shares, other);
    expect(sharing.dealt.size).toBe(0);
  });
  test("are refused a second time, whichever is checked first", async () => {
    const { sharing, messages } = await afterSharing();
    const both = [0, 0].map(async () => admitShares(sharing, who(0), messages[0]!));
    expect((await Promise.allSettled(both)).map((r) => r.status).sort()).toEqual(["fulfilled", "rejected"]);
    await expectRefusal(admitShares(sharing, who(0), messages[0]!), "duplicate");
  });
  test("[14] are refused unless there is one packet for each neighbour and none for anybody else", async () => {
    const { sharing, messages } = await afterSharing();
    const { shares, boxes } = messages[0]!;
    for (const wrong of [
      boxes.slice(boxLength),
      new Uint8Array([...boxes, ...boxes.slice(-boxLength)]),
      new Uint8Array(),
    ]) {
      const body = { ...shares.body, boxesHash: toHex(await sha256(wrong)) };
      const message = { shares: await signBody("shares", body, keyOf(0)), boxes: wrong };
      await expectRefusal(admitShares(sharing, who(0), message), "message-invalid");
    }
    // Packets that its signature does not cover are not its own.
    const other = messages[1]!.boxes;
    await expectRefusal(admitShares(sharing, who(0), { shares, boxes: other }), "message-invalid");
  });
  test("from too few end the round before anybody uploads", async () => {
    const { sharing, messages } = await afterSharing();
    for (const i of [0, 1]) await admitShares(sharing, who(i), messages[i]!);
    await expectAbort(deliverShares(world.coordinator, sharing), "sharers-too-few");
  });
});

describe("a masked vector", () => {
  /** The same message with another payload that its own sender signed. */
  const withPayload = async (message: MaskedMessage, payload: Uint8Array<ArrayBuffer>, from = 0) => {
    const body = { ...message.header.body, sha256: toHex(await sha256(payload)) };
    return { header: await signBody("masked", body, keyOf(from)), payload };
  };

  test("is refused from the wrong sender, with a bad signature or for another round", async () => {
    const { adding, uploads } = await afterMasking();
    const other = { rosterHash: await hashOf("another") };
    const { header, payload } = uploads[0]!;
    await expectCommonRefusals((w, h) => admitMasked(adding, w, { header: h, payload }), "masked", header, other);
    expect(adding.received.size).toBe(0);
    expect(adding.sum.every((x) => x === 0)).toBe(true);
  });
  test("[15] is refused when its payload has another hash or length, and leaves the sum as it was", async () => {
    const { adding, uploads } = await afterMasking();
    const { header, payload } = uploads[0]!;
    const altered = payload.slice();
    altered[0]! ^= 1;
    await expectRefusal(admitMasked(adding, who(0), { header, payload: altered }), "payload-invalid");
    for (const wrong of [payload.slice(1), new Uint8Array([...payload, 0]), new Uint8Array()])
      await expectRefusal(admitMasked(adding, who(0), await withPayload(uploads[0]!, wrong)), "payload-invalid");
    expect(adding.sum.every((x) => x === 0)).toBe(true);
    expect(adding.received.size).toBe(0);
  });
  test("[15] is counted once, also when two copies come at the same time", async () => {
    const { adding, uploads } = await afterMasking();
    // Both are open before either is whole.
    const { header, payload } = uploads[0]!;
    const open = () => openUpload(adding, who(0), header, new Uint8Array(payloadLength(adding.plan)));
    const [first, second] = await Promise.all([open(), open()]);
    for (const copy of [first, second]) takePiece(copy, payload);
    closeUpload(adding, first);
    expect(() => closeUpload(adding, second)).toThrow("duplicate");
    const once = adding.sum.slice();
    await expectRefusal(admitMasked(adding, who(0), uploads[0]!), "duplicate");
    const again = await withPayload(uploads[0]!, uploads[0]!.payload.slice().reverse());
    await expectRefusal(admitMasked(adding, who(0), again), "duplicate");
    expect(adding.sum).toEqual(once);
  });
  test("is refused from a member that did not share its secrets", async () => {
    const { adding, uploads } = await afterMasking();
    const partners = new Map([...adding.partners].filter(([member]) => member !== 0));
    await expectRefusal(admitMasked({ ...adding, partners }, who(0), uploads[0]!), "message-invalid");
  });
  test("is refused when it was masked for another delivery", async () => {
    const { adding, uploads } = await afterMasking();
    const deliveryHash = await hashOf("another");
    const header = await signBody("masked", { ...uploads[0]!.header.body, deliveryHash }, keyOf(0));
    await expectRefusal(
      openUpload(adding, who(0), header, new Uint8Array(payloadLength(adding.plan))),
      "message-invalid",
    );
  });
  test("[15] comes in pieces of one size: longer, shorter, empty or endless ones are refused, and nothing is added", async () => {
    await start(wide);
    const { adding, uploads } = await afterMasking();
    const { header, payload } = uploads[0]!;
    const open = () => openUpload(adding, who(0), header, new Uint8Array(payloadLength(adding.plan)));
    const refuses = (upload: Awaited<ReturnType<typeof open>>, piece: Uint8Array) =>
      expect(() => takePiece(upload, piece)).toThrow("payload-invalid");
    for (const length of [0, 1, payload.length - 1, payload.length + 1, pieceLength(32)])
      refuses(await open(), new Uint8Array(length));
    const full = await open();
    expect(takePiece(full, payload)).toBe(true);
    refuses(full, payload);
    // Less than a vector is none, whatever its hash.
    const nothing = (await withPayload(uploads[0]!, new Uint8Array())).header;
    for (const signed of [header, nothing]) {
      const less = await openUpload(adding, who(0), signed, new Uint8Array(payloadLength(adding.plan)));
      expect(() => closeUpload(adding, less)).toThrow("payload-invalid");
    }
    expect(adding.sum.every((x) => x === 0)).toBe(true);
    closeUpload(adding, full);
    expect(adding.received.size).toBe(1);
  });
  test("[19] [20] of too few survivors is never unmasked", async () => {
    const { adding, uploads } = await afterMasking();
    for (const i of [0, 1]) await admitMasked(adding, who(i), uploads[i]!);
    await expectAbort(announceSurvivors(world.coordinator, adding), "survivors-too-few");
  });
});

describe("agreements and shares to unmask", () => {
  test("are refused from the wrong sender, with a bad signature, for another set or a second time", async () => {
    const { agreeing, agreed, messages } = await afterAgreeing();
    const other = { survivorsHash: await hashOf("another") };
    await expectCommonRefusals((w, m) => admitAgreement(agreeing, w, m), "agreement", messages[0]!, other);
    for (const [i, message] of messages.entries()) await admitAgreement(agreeing, who(i), message);
    const reveal = await revealShares(world.tabs[0]!.env, agreed[0]!, closeAgreements(agreeing).get(0)!);
    const { unmask, shares } = reveal;
    const admit = (w: string, m: typeof unmask) => admitUnmask(agreeing, w, { unmask: m, shares });
    await expectCommonRefusals(admit, "unmask", unmask, other);
    for (const wrong of [shares.slice(1), new Uint8Array(shares.length), new Uint8Array([...shares, ...shares])])
      await expectRefusal(admitUnmask(agreeing, who(0), { unmask, shares: wrong }), "message-invalid");
    expect(agreeing.reveals.size).toBe(0);
    await expectRefusal(admitAgreement(agreeing, who(0), messages[0]!), "duplicate");
    await admitUnmask(agreeing, who(0), reveal);
    const others = new Uint8Array(shares.length);
    const sharesHash = toHex(await sha256(others));
    const second = await signBody("unmask", { ...unmask.body, sharesHash }, keyOf(0));
    await expectRefusal(admitUnmask(agreeing, who(0), { unmask: second, shares: others }), "duplicate");
    expect(agreeing.reveals.get(0)).toEqual(shares);
  });
  test("are refused from a dropout", async () => {
    const { agreeing } = await afterAgreeing();
    const late = await signBody("agreement", { survivorsHash: agreeing.survivorsHash, from: 3 }, keyOf(3));
    await expectRefusal(admitAgreement(agreeing, who(3), late), "message-invalid");
  });
  test("of too few leave the sum masked", async () => {
    const { agreeing, agreed, messages } = await afterAgreeing();
    const { threshold } = agreeing.cohort.graph;
    for (const i of Array(threshold - 1).keys()) await admitAgreement(agreeing, who(i), messages[i]!);
    await expectAbort(() => closeAgreements(agreeing), "consistency-too-few");
    for (const [i, message] of messages.entries())
      if (i >= threshold - 1) await admitAgreement(agreeing, who(i), message);
    const all = closeAgreements(agreeing);
    for (const i of Array(threshold - 1).keys())
      await admitUnmask(agreeing, who(i), await revealShares(world.tabs[i]!.env, agreed[i]!, all.get(i)!));
    await expectAbort(unmaskSum(world.coordinator, agreeing), "shares-insufficient");
  });
  test("[13] with wrong shares inside never give a wrong sum", async () => {
    const { agreeing, agreed, messages } = await afterAgreeing();
    for (const [i, message] of messages.entries()) await admitAgreement(agreeing, who(i), message);
    const all = closeAgreements(agreeing);
    for (const [i, state] of agreed.entries()) {
      const { unmask, shares } = await revealShares(world.tabs[i]!.env, state, all.get(i)!);
      const junk = i === 0 ? new Uint8Array(shares.length).fill(1) : shares;
      const body = { ...unmask.body, sharesHash: toHex(await sha256(junk)) };
      await admitUnmask(agreeing, who(i), { unmask: await signBody("unmask", body, keyOf(i)), shares: junk });
    }
    // Three shares are due and two are good: without enough good ones the round ends, with a spare one it would go on.
    await expectAbort(unmaskSum(world.coordinator, agreeing), "shares-insufficient");
  });
});

describe("nobody reads more than the sum", () => {
  const residues = (sum: ArrayLike<number>) => Uint32Array.from(sum, (x) => x >>> 0);
  const everybody = Array.from({ length: size }, (_, i) => i);

  async function finish({ adding, uploads, states }: Awaited<ReturnType<typeof afterMasking>>): Promise<Float64Array> {
    for (const i of everybody) await admitMasked(adding, who(i), uploads[i]!);
    const agreeing = await announceSurvivors(world.coordinator, adding);
    const made = await Promise.all(
      everybody.map((i) => agreeToSurvivors(world.tabs[i]!.env, states[i]!, agreeing.message)),
    );
    for (const i of everybody) await admitAgreement(agreeing, who(i), made[i]!.message);
    const all = closeAgreements(agreeing);
    for (const i of everybody)
      await admitUnmask(agreeing, who(i), await revealShares(world.tabs[i]!.env, made[i]!.state, all.get(i)!));
    return (await unmaskSum(world.coordinator, agreeing)).sum;
  }

  /**
   * What is left of a sum when the half that was lied to has its self masks taken off as it made them: who knows the lie and
   * every seed, and the coordinator of the lie does, can do so. What protects that half then are its masks with the other.
   */
  async function withoutSelfMasks(
    sum: ArrayLike<number>,
    { states }: Awaited<ReturnType<typeof afterMasking>>,
  ): Promise<Uint32Array> {
    const left = residues(sum);
    const { context, plan } = states[0]!;
    for (const { me, maskSeed, context: believed } of states.slice(2)) {
      await addMasks(left, [await selfKey(context, maskSeed, me)], 1, plan.bits);
      await addMasks(left, [await selfKey(believed, maskSeed, me)], -1, plan.bits);
    }
    return left;
  }

  // Keys are fresh each time: a right protocol fails each of these checks with probability 1e-6.
  test("[12] a single vector, and the sum before its masks are removed, are uniform", async () => {
    await start(wide);
    const { adding, uploads, states } = await afterMasking();
    expect(uniformP(states[0]!.masked, 32)).toBeGreaterThan(1e-6);
    for (const i of everybody) await admitMasked(adding, who(i), uploads[i]!);
    expect(uniformP(adding.sum, 32)).toBeGreaterThan(1e-6);
  });

  test("[1] two models shown to two halves: each half declines the other's roster", async () => {
    const parameters = world.parameters.slice().fill(0.5);
    const announcement = { ...world.announcement, modelHash: await hashParameters(parameters) };
    const otherFacts = await acceptAnnouncement(
      world.tabs[0]!.env,
      await announce(world.coordinator, announcement),
      parameters,
    );
    const halves = await Promise.all(world.tabs.map(({ env }, i) => offerKeys(env, i < 2 ? facts : otherFacts)));
    const commitments = halves.map((half) => half.offer.body.commitment);
    const commitmentsHash = toHex(await sha256(fromHex(commitments.join(""))));
    const opened = new Map<number, Opening>();
    for (const [i, { nonce, offer }] of halves.entries())
      opened.set(i, { nonce, keysHash: await keysHashOf(offer.body) });
    const openings = encodeOpenings(commitments, opened);
    const openingsHash = toHex(await sha256(openings));
    for (const i of everybody) {
      const { announcementHash } = halves[i]!.facts;
      const body: Roster = { announcementHash, size, commitmentsHash };
      const roster = await signBody("roster", body, world.coordinator.signer);
      const env = freshClaims(world.tabs[i]!.env);
      const { state } = await openRoster(env, halves[i]!, roster);
      const shown = { rosterHash: state.cohort.rosterHash, openingsHash };
      const offers = concat(halves.filter((_, j) => j !== i).map(({ offer }) => offerBytes(offer)));
      const message = { nonces: await signBody("nonces", shown, world.coordinator.signer), openings };
      await expect(openGraph(env, state, message, offers)).rejects.toThrow("roster-invalid");
    }
  });

  test("[1] two models shown to two halves: were the roster believed, the sum would be uniform all the same", async () => {
    await start(wide);
    expect(uniformP(residues(await finish(await afterMasking())), 32)).toBeLessThan(1e-6);
    await start(wide);
    const announcementHash = new Uint8Array(32).fill(7);
    const halves = await afterMasking(undefined, (i) => (i < 2 ? {} : { announcementHash }));
    expect(uniformP(await withoutSelfMasks(await finish(halves), halves), 32)).toBeGreaterThan(1e-6);
  });

  test("[2] two rosters shown to two halves: the sum would be uniform", async () => {
    await start(wide);
    const rosterHash = new Uint8Array(32).fill(7);
    const halves = await afterMasking(undefined, (i) => (i < 2 ? {} : { rosterHash }));
    expect(uniformP(await withoutSelfMasks(await finish(halves), halves), 32)).toBeGreaterThan(1e-6);
  });
});
