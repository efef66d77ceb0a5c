/** A tab trusts nobody: each forgery by the coordinator, or by another member through it, ends the round for that tab. */
import { beforeAll, describe, expect, test } from "vitest";
import { fromBase64, hashOf, toBase64, toHex } from "../canonical.ts";
import type { Noised } from "../privacy/stages.ts";
import { seal } from "../secure-sum/boxes.ts";
import { generateIdentityKeys, type Identity, identityFrom } from "../secure-sum/keys.ts";
import { taskHash } from "../task.ts";
import { acceptAnnouncement, announce, hashParameters } from "./0-announce.ts";
import {
  admitOffer,
  closeCohort,
  gather,
  type Joined,
  offerKeys,
  openRoster,
  type Ready,
  type Roster,
} from "./1-ready.ts";
import {
  admitShares,
  collectShares,
  type Delivered,
  deliverShares,
  openDelivery,
  type Shared,
  shareSecrets,
} from "./2-shares.ts";
import { addUp, admitMasked, maskAnswer, type Uploaded } from "./3-masked.ts";
import {
  type Agreed,
  type Agreeing,
  type Agreement,
  admitAgreement,
  agreeToSurvivors,
  announceSurvivors,
  closeAgreements,
  revealShares,
} from "./4-unmask.ts";
import { acceptResult, publishResult } from "./5-result.ts";
import { Decline, type DeclineReason } from "./reasons.ts";
import type { ParticipantEnv, RoundFacts } from "./round.ts";
import { type Signed, signBody } from "./signed.ts";
import { freshClaims, newWorld, smallTask, type World } from "./testing.ts";

const size = 5;
/** The tab under attack. */
const me = 2;
let world: World;
let tab: ParticipantEnv;
let facts: RoundFacts;
let joined: Joined[];
let roster: Signed<Roster>;
let shared: Shared[];
let delivered: Delivered;
let uploaded: Uploaded[];
let agreeing: Agreeing;
let agreed: Agreed[];
let stranger: Identity;

/** A whole honest round in which the last member drops out after sharing. */
beforeAll(async () => {
  world = await newWorld(size);
  stranger = await identityFrom(await generateIdentityKeys());
  tab = world.tabs[me]!.env;
  const signed = await announce(world.coordinator, world.announcement);
  facts = await acceptAnnouncement(tab, signed, world.parameters);
  joined = await Promise.all(world.tabs.map(({ env }) => offerKeys(env, facts)));
  const gathering = gather(facts);
  for (const [i, { identity }] of world.tabs.entries()) await admitOffer(gathering, identity, joined[i]!.offer);
  const gathered = await closeCohort(world.coordinator, gathering);
  roster = gathered.roster;
  const sharing = collectShares(gathered);
  shared = [];
  for (const [i, { env, identity }] of world.tabs.entries()) {
    const { state, message } = await shareSecrets(env, await openRoster(env, joined[i]!, roster));
    shared.push(state);
    await admitShares(sharing, identity, message);
  }
  delivered = await deliverShares(world.coordinator, sharing);
  const adding = addUp(delivered);
  uploaded = [];
  for (const [i, { env, identity }] of world.tabs.slice(0, size - 1).entries()) {
    const entrusted = await openDelivery(env, shared[i]!, { delivery: delivered.delivery, boxes: boxesOf(i) });
    const answer = new Int32Array(delivered.plan.layout.dimension) as Noised;
    const { state, message } = await maskAnswer(env, entrusted, answer);
    uploaded.push(state);
    await admitMasked(adding, identity, message);
  }
  agreeing = await announceSurvivors(world.coordinator, adding);
  agreed = [];
  for (const [i, { env, identity }] of world.tabs.slice(0, size - 1).entries()) {
    const { state, message } = await agreeToSurvivors(env, uploaded[i]!, agreeing.message);
    agreed.push(state);
    await admitAgreement(agreeing, identity, message);
  }
});

const boxesOf = (index: number) => delivered.boxes.get(index)!;
/** The tab as it was before it answered anything. */
const anew = () => freshClaims(tab);
const bySomebodyElse = <Body>(kind: Parameters<typeof signBody>[0], body: Body) => signBody(kind, body, stranger);
const byCoordinator = <Body>(kind: Parameters<typeof signBody>[0], body: Body) =>
  signBody(kind, body, world.coordinator.signer);

async function expectDecline(step: Promise<unknown>, reason: DeclineReason, details?: object): Promise<void> {
  const error = await step.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(Decline);
  expect((error as Decline).reason).toBe(reason);
  if (details) expect((error as Decline).details).toMatchObject(details);
}

describe("a tab declines the announcement", () => {
  const accept = (message: Parameters<typeof acceptAnnouncement>[1], parameters = world.parameters) =>
    acceptAnnouncement(tab, message, parameters);
  const changed = async (change: object) => byCoordinator("announcement", { ...world.announcement, ...change });

  test("signed by another key", async () => {
    await expectDecline(accept(await bySomebodyElse("announcement", world.announcement)), "signature-invalid");
  });
  test("changed after it was signed", async () => {
    const signed = await announce(world.coordinator, world.announcement);
    await expectDecline(accept({ ...signed, body: { ...signed.body, round: 2 } }), "signature-invalid");
  });
  test("signed as another kind of message", async () => {
    await expectDecline(accept(await byCoordinator("result", world.announcement)), "signature-invalid");
  });
  test("of another version of the protocol", async () => {
    await expectDecline(accept(await changed({ protocol: 2 })), "version-mismatch");
  });
  test("of a task that the person did not consent to", async () => {
    const other = await taskHash(smallTask({ purpose: "a task with another purpose" }));
    await expectDecline(accept(await changed({ taskHash: other })), "task-changed");
  });
  test("with a model other than the one that is announced", async () => {
    const parameters = world.parameters.slice();
    new Uint8Array(parameters.buffer)[0]! ^= 1;
    await expectDecline(accept(await changed({}), parameters), "model-hash-mismatch");
    const longer = new Float32Array(world.parameters.length + 1);
    await expectDecline(
      accept(await changed({ modelHash: await hashParameters(longer) }), longer),
      "model-hash-mismatch",
    );
    const broken = world.parameters.slice().fill(Number.NaN);
    await expectDecline(
      accept(await changed({ modelHash: await hashParameters(broken) }), broken),
      "model-hash-mismatch",
    );
  });
  test("with a question that is not the task's, or whose tables have other shapes", async () => {
    for (const question of [
      { kind: "everything" },
      { kind: "train", normalisation: {}, witness: { slope: [], weight: [] } },
      { kind: "evaluate", normalisation: { x: { mean: 0, scale: 1 } }, thresholds: [0] },
      { kind: "evaluate", normalisation: { x: { mean: 0, scale: 0 } }, thresholds: [] },
    ]) {
      await expectDecline(accept(await changed({ question })), "plan-mismatch", { of: "question" });
    }
  });
});

describe("a tab declines the roster", () => {
  const openAs = (message: Signed<Roster>) => openRoster(tab, joined[me]!, message);
  const withMembers = (members: Signed<Ready>[]) => byCoordinator("roster", { ...roster.body, members });
  /** The members with one replaced, in ascending order again. */
  const replaced = (index: number, member: Signed<Ready>) =>
    withMembers(roster.body.members.map((m, i) => (i === index ? member : m)));
  /** Another member, whose keys are its own to choose. */
  const offer = async (change: Partial<Ready>) =>
    signBody("ready", { ...roster.body.members[0]!.body, ...change }, world.tabs[0]!.env.identity);

  test("signed by another key", async () => {
    await expectDecline(openAs(await bySomebodyElse("roster", roster.body)), "signature-invalid", { of: "roster" });
  });
  test("of another round", async () => {
    const announcementHash = await hashOf({ ...world.announcement, attempt: 2 });
    await expectDecline(openAs(await byCoordinator("roster", { ...roster.body, announcementHash })), "roster-invalid", {
      what: "round",
    });
  });
  test("whose members were replayed from another round", async () => {
    const old = await offer({ announcementHash: await hashOf({ ...world.announcement, attempt: 2 }) });
    await expectDecline(openAs(await replaced(0, old)), "roster-invalid", { what: "signature" });
  });
  test("smaller than the task's minimum", async () => {
    await expectDecline(openAs(await withMembers(roster.body.members.slice(1, 3))), "roster-too-small", {
      size: 2,
      minimum: 3,
    });
  });
  test("larger than the task's maximum", async () => {
    const small = smallTask({ cohort: { minimum: 3, maximum: 4, dropoutTolerance: 0.4, colludingShare: 0 } });
    await expectDecline(openRoster({ ...tab, task: small }, joined[me]!, roster), "roster-invalid", { what: "size" });
  });
  test("with one identity twice, or out of order", async () => {
    const [first, ...rest] = roster.body.members;
    await expectDecline(openAs(await withMembers([first!, first!, ...rest])), "roster-invalid", { what: "order" });
    await expectDecline(openAs(await withMembers([...rest, first!])), "roster-invalid", { what: "order" });
  });
  test("with one key twice", async () => {
    const other = roster.body.members[1]!.body;
    for (const change of [{ maskKey: other.maskKey }, { boxKey: other.maskKey }, { boxKey: other.boxKey }])
      await expectDecline(openAs(await replaced(0, await offer(change))), "roster-invalid", { what: "duplicate key" });
  });
  test("without itself, or with its own entry altered", async () => {
    const without = roster.body.members.filter((_, i) => i !== me);
    await expectDecline(openAs(await withMembers(without)), "roster-invalid", { what: "own entry" });
    const mine = roster.body.members[me]!;
    for (const body of [
      { ...mine.body, maskKey: toHex(new Uint8Array(32).fill(9)) },
      { ...mine.body, boxKey: toHex(new Uint8Array(32).fill(9)) },
    ]) {
      await expectDecline(openAs(await replaced(me, { ...mine, body })), "roster-invalid", { what: "own entry" });
    }
    // A second offer that the tab itself signed, of other keys, is not this round's either.
    await expectDecline(openAs(await replaced(me, (await offerKeys(tab, facts)).offer)), "roster-invalid", {
      what: "own entry",
    });
  });
  test("with an entry that its owner did not sign", async () => {
    const theirs = roster.body.members[0]!;
    const forged = await signBody("ready", { ...theirs.body, maskKey: toHex(new Uint8Array(32).fill(9)) }, stranger);
    await expectDecline(openAs(await replaced(0, forged)), "roster-invalid", { what: "signature" });
  });
  test("with a key of low order, whose secrets everybody would know", async () => {
    const one = `01${"00".repeat(31)}`;
    const order8 = "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800";
    for (const change of [{ maskKey: one }, { boxKey: one }, { maskKey: order8 }])
      await expectDecline(openAs(await replaced(0, await offer(change))), "roster-invalid", { what: "weak key" });
  });
});

describe("a tab declines the delivery", () => {
  const openAs = (body: object, boxes: Record<string, string> = boxesOf(me), state = shared[me]!) =>
    byCoordinator("delivery", { ...delivered.delivery.body, ...body }).then((delivery) =>
      openDelivery(tab, state, { delivery, boxes }),
    );

  test("signed by another key", async () => {
    const delivery = await bySomebodyElse("delivery", delivered.delivery.body);
    await expectDecline(openDelivery(tab, shared[me]!, { delivery, boxes: boxesOf(me) }), "signature-invalid");
  });
  test("of another roster", async () => {
    await expectDecline(openAs({ rosterHash: await hashOf("another") }), "roster-invalid", { what: "round" });
  });
  test("whose senders do not include it, are out of order, doubled or unknown", async () => {
    for (const senders of [
      [0, 1, 3, 4],
      [1, 0, 2, 3, 4],
      [0, 1, 2, 2, 3, 4],
      [0, 1, 2, 3, 5],
      [-1, 1, 2, 3, 4],
      [0, 1, 2, 2.5],
    ])
      await expectDecline(openAs({ senders }), "roster-invalid", { what: "senders" });
  });
  test("of fewer senders than the plan's survivors, the threshold or the minimum", async () => {
    await expectDecline(openAs({ senders: [1, 2] }), "roster-too-small");
    const plan = { ...shared[me]!.cohort.plan, threshold: 5 };
    const state = { ...shared[me]!, cohort: { ...shared[me]!.cohort, plan } };
    await expectDecline(openAs({ senders: [0, 1, 2, 3] }, boxesOf(me), state), "roster-too-small");
  });
  test("with a packet missing, altered, for somebody else, from somebody else or of another round", async () => {
    const flip = (text: string, at: number) => {
      const bytes = fromBase64(text);
      bytes[at]! ^= 1;
      return toBase64(bytes);
    };
    const good = boxesOf(me);
    const { "0": _, ...missing } = good;
    for (const boxes of [
      missing,
      { ...good, 0: flip(good[0]!, 0) },
      { ...good, 0: flip(good[0]!, fromBase64(good[0]!).length - 1) },
      { ...good, 0: good[1]! },
      { ...good, 0: boxesOf(3)[0]! },
      { ...good, 0: boxesOf(0)[me]! },
      { ...good, 0: "" },
      { ...good, 0: "not base64!" },
    ]) {
      await expectDecline(openAs({}, boxes), "share-invalid", { from: 0 });
    }
  });
  test("with a packet whose sender or receiver inside is another, although its seal is right", async () => {
    const { context, boxSecrets } = shared[0]!;
    const sealedAs = async (from: number, to: number, length = 74) => {
      const packet = new Uint8Array(length);
      new DataView(packet.buffer).setUint32(0, from);
      new DataView(packet.buffer).setUint32(4, to);
      return { ...boxesOf(me), 0: toBase64(await seal(context, boxSecrets.get(me)!, 0, me, packet)) };
    };
    await openAs({}, await sealedAs(0, me));
    for (const boxes of [await sealedAs(1, me), await sealedAs(0, 3), await sealedAs(0, me, 73)])
      await expectDecline(openAs({}, boxes), "share-invalid", { from: 0 });
  });
  test("then gives no answer twice: the first one stands", async () => {
    const env = anew();
    const entrusted = await openDelivery(env, shared[me]!, { delivery: delivered.delivery, boxes: boxesOf(me) });
    const answer = new Int32Array(delivered.plan.layout.dimension) as Noised;
    await maskAnswer(env, entrusted, answer);
    await expectDecline(maskAnswer(env, entrusted, answer), "already-answered", { step: "masked" });
  });
  test("sends nothing when its balance does not allow the charge", async () => {
    const entrusted = await openDelivery(tab, shared[me]!, { delivery: delivered.delivery, boxes: boxesOf(me) });
    const signed: unknown[] = [];
    const identity = {
      ...tab.identity,
      sign: (message: Uint8Array<ArrayBuffer>) => {
        signed.push(message);
        return tab.identity.sign(message);
      },
    };
    const charge = async () => {
      throw new Decline("budget-spent");
    };
    const answer = new Int32Array(delivered.plan.layout.dimension) as Noised;
    await expectDecline(maskAnswer({ ...anew(), identity, charge }, entrusted, answer), "budget-spent");
    expect(signed).toEqual([]);
  });
});

describe("a tab declines the survivors", () => {
  const agreeTo = async (body: object, env = anew()) =>
    agreeToSurvivors(env, uploaded[me]!, await byCoordinator("survivors", { ...agreeing.message.body, ...body }));

  test("signed by another key", async () => {
    const message = await bySomebodyElse("survivors", agreeing.message.body);
    await expectDecline(agreeToSurvivors(anew(), uploaded[me]!, message), "signature-invalid", { of: "survivors" });
  });
  test("of another roster", async () => {
    await expectDecline(agreeTo({ rosterHash: await hashOf("another") }), "roster-invalid", { what: "round" });
  });
  test("without itself", async () => {
    await expectDecline(agreeTo({ survivors: [0, 1, 3, 4] }), "survivors-split", { what: "not among them" });
  });
  test("doubled, out of order or outside the cohort", async () => {
    for (const survivors of [
      [0, 0, 1, 2],
      [2, 1, 0],
      [0, 1, 2, 7],
    ])
      await expectDecline(agreeTo({ survivors }), "roster-invalid", { what: "survivors" });
  });
  test("fewer than the plan makes noise for", async () => {
    await expectDecline(agreeTo({ survivors: [1, 2] }), "survivors-too-few");
    // Of ten, six are sure to stay by the task: five hold too little noise although they pass minimum and half.
    const plan = { ...uploaded[me]!.plan, survivors: 5 };
    const message = await byCoordinator("survivors", agreeing.message.body);
    await expectDecline(agreeToSurvivors(anew(), { ...uploaded[me]!, plan }, message), "survivors-too-few");
  });
  test("a second, different set after it has signed one", async () => {
    const env = anew();
    await agreeTo({}, env);
    await expectDecline(agreeTo({ survivors: [0, 1, 2] }, env), "already-answered", { step: "agreement" });
  });
});

describe("a tab reveals nothing", () => {
  const reveal = (agreements: Signed<Agreement>[], env = anew()) => revealShares(env, agreed[me]!, agreements);

  test("on agreements to another set", async () => {
    const body = { survivorsHash: await hashOf("another set"), from: 0 };
    const split = await signBody("agreement", body, world.tabs[0]!.env.identity);
    await expectDecline(reveal([...closeAgreements(agreeing).slice(1), split]), "survivors-split", {
      what: "another set",
    });
  });
  test("on fewer agreements than the threshold", async () => {
    const enough = closeAgreements(agreeing);
    const { threshold } = agreed[me]!.cohort.plan;
    await expectDecline(reveal(enough.slice(0, threshold - 1)), "survivors-split", { what: "too few signatures" });
    await reveal(enough.slice(0, threshold));
  });
  test("on one agreement shown many times", async () => {
    const [one] = closeAgreements(agreeing);
    await expectDecline(reveal([one!, one!, one!, one!, one!]), "survivors-split");
  });
  test("on agreements that were forged, or signed by dropouts and strangers", async () => {
    const [one, two] = closeAgreements(agreeing);
    const { survivorsHash } = agreed[me]!;
    const forged = await Promise.all([3, 4, 9].map((from) => bySomebodyElse("agreement", { survivorsHash, from })));
    const dropout = await signBody("agreement", { survivorsHash, from: 4 }, world.tabs[4]!.env.identity);
    await expectDecline(reveal([one!, two!, ...forged, dropout]), "survivors-split", { what: "too few signatures" });
  });
  test("twice", async () => {
    const env = anew();
    await reveal(closeAgreements(agreeing), env);
    await expectDecline(reveal(closeAgreements(agreeing), env), "already-answered", { step: "unmask" });
  });
  test("beyond one kind of share for each member: the seed's of survivors, the key's of dropouts", async () => {
    const { body } = await reveal(closeAgreements(agreeing));
    expect(Object.keys(body.seeds)).toEqual(["0", "1", "2", "3"]);
    expect(Object.keys(body.keys)).toEqual(["4"]);
    const text = JSON.stringify(body);
    for (const [member, held] of agreed[me]!.held) {
      const survived = agreeing.survivors.includes(member);
      expect(text.includes(toBase64(held.seed))).toBe(survived);
      expect(text.includes(toBase64(held.key))).toBe(!survived);
    }
  });
});

test("a tab shares out its secrets once a round", async () => {
  const env = anew();
  const state = await openRoster(env, joined[me]!, roster);
  await shareSecrets(env, state);
  await expectDecline(shareSecrets(env, state), "already-answered", { step: "shares" });
});

test("a tab declines a result of another round or by another key", async () => {
  const { announcementHash } = facts;
  const hash = await hashOf("any");
  const result = { announcementHash, rosterHash: hash, survivors: 4, sumHash: hash, modelHash: hash };
  expect(await acceptResult(tab, facts, await publishResult(world.coordinator, result))).toEqual(result);
  await expectDecline(acceptResult(tab, facts, await bySomebodyElse("result", result)), "signature-invalid");
  const replayed = await publishResult(world.coordinator, { ...result, announcementHash: hash });
  await expectDecline(acceptResult(tab, facts, replayed), "protocol-error");
});
