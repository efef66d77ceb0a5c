/** A tab trusts nobody: each forgery by the coordinator, or by another member through it, ends the round for that tab. */
import { beforeAll, describe, expect, test } from "vitest";
import { fromHex, hashOf, sha256, toHex } from "../../canonical.ts";
import type { Noised } from "../../privacy/stages.ts";
import { seal } from "../../secure-sum/boxes.ts";
import { generateIdentityKeys, type Identity, identityFrom } from "../../secure-sum/keys.ts";
import { shareLength } from "../../secure-sum/shares.ts";
import { taskHash } from "../../task.ts";
import { acceptAnnouncement, announce, hashParameters } from "../0-announce.ts";
import { type Joined, offerKeys, type Ready } from "../1-ready.ts";
import {
  encodeMembers,
  type Gathered,
  memberLength,
  type Neighbour,
  type NoncesMessage,
  openGraph,
  openRoster,
  type Roster,
  type RosterMessage,
} from "../1-roster.ts";
import {
  admitShares,
  boxLength,
  collectShares,
  type Delivered,
  deliverShares,
  deliveryTo,
  openDelivery,
  type Shared,
  shareSecrets,
} from "../2-shares.ts";
import { addUp, maskAnswer, type Uploaded } from "../3-masked.ts";
import {
  type Agreed,
  type Agreeing,
  type Agreement,
  type AgreementsMessage,
  admitAgreement,
  agreeToSurvivors,
  announceSurvivors,
  closeAgreements,
  revealShares,
} from "../4-unmask.ts";
import { acceptResult, publishResult } from "../5-result.ts";
import { joinPackets, packetAt } from "../packets.ts";
import { Decline, type DeclineReason } from "../reasons.ts";
import type { ParticipantEnv, RoundFacts } from "../round.ts";
import { type Signed, signBody } from "../signed.ts";
import { admitMasked, freshClaims, linkAll, newWorld, offerAll, rosterOf, smallTask, type World } from "../testing.ts";

const size = 5;
/** The tab under attack. */
const me = 2;
let world: World;
let tab: ParticipantEnv;
let facts: RoundFacts;
let joined: Joined[];
let gathered: Gathered;
let members: Signed<Ready>[];
let nonces: NoncesMessage;
let neighbours: Map<number, Neighbour>;
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
  joined = await offerAll(world);
  facts = joined[0]!.facts;
  members = joined.map(({ offer }) => offer);
  gathered = await rosterOf(world, joined);
  const all = await linkAll(world, joined, gathered);
  neighbours = all.neighbours;
  nonces = all.linked.nonces;
  const sharing = collectShares(world.coordinator, all.linked);
  shared = [];
  for (const [i, { env, identity }] of world.tabs.entries()) {
    const { state, message } = await shareSecrets(env, neighbours.get(i)!);
    shared.push(state);
    await admitShares(sharing, identity, message);
  }
  delivered = await deliverShares(world.coordinator, sharing);
  const adding = addUp(world.coordinator, delivered);
  uploaded = [];
  for (const [i, { env, identity }] of world.tabs.slice(0, size - 1).entries()) {
    const entrusted = await openDelivery(env, shared[i]!, deliveryTo(delivered, i));
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

const boxesOf = (index: number) => deliveryTo(delivered, index).boxes;
const boxAt = (index: number, place: number) => packetAt(boxesOf(index), place, boxLength);
/** The tab as it was before it answered anything. */
const anew = () => freshClaims(tab);
const bySomebodyElse = <Body>(kind: Parameters<typeof signBody>[0], body: Body) => signBody(kind, body, stranger);
const byCoordinator = <Body>(kind: Parameters<typeof signBody>[0], body: Body) =>
  signBody(kind, body, world.coordinator.signer);

/** u of order 1, 2, 4 and 8, in every encoding below 2^255. */
const lowOrderKeys = [
  "00".repeat(32),
  `01${"00".repeat(31)}`,
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  `ec${"ff".repeat(30)}7f`,
  `ed${"ff".repeat(30)}7f`,
  `ee${"ff".repeat(30)}7f`,
  `01${"00".repeat(30)}80`,
];

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
  const accept = (message: Parameters<typeof acceptAnnouncement>[1], parameters = world.parameters, env = tab) =>
    acceptAnnouncement(env, message, parameters);
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
    await expectDecline(accept(await changed({ protocol: 1 })), "version-mismatch");
  });
  test("[7] of a task that the person did not consent to", async () => {
    const other = await taskHash(smallTask({ purpose: "a task with another purpose" }));
    await expectDecline(accept(await changed({ taskHash: other })), "task-changed");
  });
  test("[1] with a model other than the one that is announced", async () => {
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
  test("with a tree or a baseline that the task does not ask for, or of another shape", async () => {
    const normalisation = { x: { mean: 0, scale: 1 } };
    const leaf = { counts: [1, 2] };
    const bins = Array(33).fill(true);
    const split = { feature: 0, left: bins, reached: bins, below: [leaf, leaf] };
    const tree = { kind: "tree", normalisation, threshold: 0, tree: leaf, level: 0 };
    const explain = { kind: "explain", normalisation, baseline: [0] };
    const evaluate = { kind: "evaluate", normalisation, thresholds: [0, 0], tree: leaf };
    const moments = { kind: "moments", normalisation };
    const asked = { share: 0.3, attributionBound: 1, treeDepth: 1, components: 1 };
    const explained = { ...tab, task: { ...tab.task, explain: asked } };
    for (const question of [tree, moments, explain, evaluate]) {
      const message = await changed({ question });
      await expectDecline(accept(message), "plan-mismatch", { of: "question" });
      expect(await accept(message, world.parameters, explained)).toMatchObject({ question: question.kind });
    }
    for (const question of [
      { ...tree, level: 1 },
      { ...tree, level: -1 },
      { ...tree, level: 0.5 },
      { ...tree, threshold: null },
      { ...tree, tree: { counts: [1] } },
      { ...tree, tree: { ...leaf, split } },
      { ...tree, normalisation: {} },
      { ...moments, normalisation: {} },
      { ...explain, baseline: [] },
      { ...explain, baseline: [null] },
      { ...explain, normalisation: {} },
      { ...evaluate, tree: { ...leaf, split: { ...split, feature: 1 } } },
      { ...evaluate, tree: { ...leaf, split: { ...split, below: [{ ...leaf, split }, leaf] } } },
    ])
      await expectDecline(accept(await changed({ question }), world.parameters, explained), "plan-mismatch", {
        of: "question",
      });
  });
});

/** What follows from the roster that `list` makes, signed by the coordinator. */
async function rosterFrom(list: Signed<Ready>[], change: Partial<Roster> = {}): Promise<RosterMessage> {
  const bytes = encodeMembers(list);
  const membersHash = toHex(await sha256(bytes));
  const { announcementHash } = facts;
  const body = { announcementHash, size: list.length, membersHash, ...change };
  return { roster: await byCoordinator("roster", body), members: bytes };
}

describe("a tab declines the roster", () => {
  const openAs = (message: RosterMessage, env = anew()) => openRoster(env, joined[me]!, message);
  /** The members with one replaced. */
  const replaced = (index: number, member: Signed<Ready>) =>
    rosterFrom(members.map((m, i) => (i === index ? member : m)));
  /** Another member, whose keys are its own to choose. */
  const offer = async (change: Partial<Ready>, i = 0) =>
    signBody("ready", { ...members[i]!.body, ...change }, world.tabs[i]!.env.identity);
  /** The neighbours' own entries are looked at when the graph is there. */
  const openUpTo = async (message: RosterMessage) => {
    const { state } = await openAs(message);
    const body = { rosterHash: state.cohort.rosterHash, members: members.map((_, i) => i) };
    return openGraph(anew(), state, { nonces: await byCoordinator("nonces", body), bytes: nonces.bytes });
  };

  test("signed by another key", async () => {
    const { roster, members } = gathered.roster;
    const forged = { roster: await bySomebodyElse("roster", roster.body), members };
    await expectDecline(openAs(forged), "signature-invalid", { of: "roster" });
  });
  test("[7] of another round, or whose members were replayed from another", async () => {
    const announcementHash = await hashOf({ ...world.announcement, attempt: 2 });
    await expectDecline(openAs(await rosterFrom(members, { announcementHash })), "roster-invalid", { what: "round" });
    await expectDecline(openUpTo(await replaced(0, await offer({ announcementHash }))), "roster-invalid", {
      what: "signature",
    });
  });
  test("[5] of one member fewer than the minimum, and of more than the task's maximum", async () => {
    await expectDecline(openAs(await rosterFrom(members.slice(1, 3))), "roster-too-small", { size: 2, minimum: 3 });
    const small = smallTask({ cohort: { minimum: 3, maximum: 4, dropoutTolerance: 0.4, colludingShare: 0 } });
    await expectDecline(openAs(gathered.roster, { ...anew(), task: small }), "roster-invalid", { what: "size" });
  });
  test("[6] so large that no graph keeps it, whatever the task's maximum", async () => {
    const large = structuredClone(world.task);
    large.cohort = { ...large.cohort, maximum: 10_000 };
    const message = await rosterFrom(members, { size: 300 });
    await expectDecline(openAs(message, { ...anew(), task: large }), "roster-invalid", { what: "size" });
  });
  test("whose bytes are not those it was signed for", async () => {
    const { roster, members: bytes } = gathered.roster;
    const altered = bytes.slice();
    altered[memberLength() - 1]! ^= 1;
    for (const members of [altered, bytes.slice(memberLength()), new Uint8Array()])
      await expectDecline(openAs({ roster, members }), "roster-invalid", { what: "members" });
  });
  test("[5] padded with one identity twice, or out of order", async () => {
    const [first, ...rest] = members;
    await expectDecline(openAs(await rosterFrom([first!, first!, ...rest])), "roster-invalid", { what: "order" });
    await expectDecline(openAs(await rosterFrom([...rest, first!])), "roster-invalid", { what: "order" });
  });
  test("[5] with one key twice, the tab's own among them", async () => {
    const other = members[1]!.body;
    const mine = members[me]!.body;
    for (const change of [
      { maskKey: other.maskKey },
      { boxKey: other.maskKey },
      { boxKey: other.boxKey },
      { maskKey: mine.maskKey },
      { boxKey: mine.boxKey },
    ])
      await expectDecline(openAs(await replaced(0, await offer(change))), "roster-invalid", { what: "duplicate key" });
  });
  test("without itself, or with its own entry altered", async () => {
    const without = members.filter((_, i) => i !== me);
    await expectDecline(openAs(await rosterFrom(without)), "roster-invalid", { what: "own entry" });
    const mine = members[me]!;
    const nine = toHex(new Uint8Array(32).fill(9));
    for (const change of [{ maskKey: nine }, { boxKey: nine }, { nonceHash: nine }]) {
      const message = await replaced(me, { ...mine, body: { ...mine.body, ...change } });
      await expectDecline(openAs(message), "roster-invalid", { what: "own entry" });
    }
    // A second offer that the tab itself signed, of other keys, is not this round's either.
    await expectDecline(openAs(await replaced(me, (await offerKeys(tab, facts)).offer)), "roster-invalid", {
      what: "own entry",
    });
  });
  test("with a neighbour's entry that its owner did not sign", async () => {
    const forged = await signBody(
      "ready",
      { ...members[0]!.body, maskKey: toHex(new Uint8Array(32).fill(9)) },
      stranger,
    );
    await expectDecline(openUpTo(await replaced(0, forged)), "roster-invalid", { what: "signature" });
  });
  test.each(lowOrderKeys)("[5] with the key of low order %s, whose secrets everybody would know", async (key) => {
    for (const change of [{ maskKey: key }, { boxKey: key }])
      await expectDecline(openUpTo(await replaced(0, await offer(change))), "roster-invalid", { what: "weak key" });
  });
  test("[2] [4] a second time: its nonce is revealed for one roster only", async () => {
    const env = anew();
    await openAs(gathered.roster, env);
    await expectDecline(openAs(await replaced(0, await offer({})), env), "already-answered", { step: "nonce" });
  });
});

describe("a tab declines the graph", () => {
  const openAs = async (change: object, bytes = nonces.bytes) => {
    const { state } = await openRoster(anew(), joined[me]!, gathered.roster);
    const body = { ...nonces.nonces.body, ...change };
    return openGraph(tab, state, { nonces: await byCoordinator("nonces", body), bytes });
  };
  const without = (i: number) => ({
    members: nonces.nonces.body.members.filter((member) => member !== i),
    bytes: new Uint8Array([...nonces.bytes.slice(0, 16 * i), ...nonces.bytes.slice(16 * (i + 1))]),
  });

  test("[6] drawn from nonces that were not committed to, or from others than it was shown", async () => {
    for (const at of [0, 16 * 5 - 1]) {
      const altered = nonces.bytes.slice();
      altered[at]! ^= 1;
      await expectDecline(openAs({}, altered), "roster-invalid", { what: "nonces" });
    }
    const swapped = new Uint8Array([
      ...nonces.bytes.slice(16, 32),
      ...nonces.bytes.slice(0, 16),
      ...nonces.bytes.slice(32),
    ]);
    await expectDecline(openAs({}, swapped), "roster-invalid", { what: "nonces" });
    await expectDecline(openAs({}, nonces.bytes.slice(1)), "roster-invalid", { what: "nonces" });
    for (const members of [
      [0, 1, 2, 2, 3],
      [0, 1, 2, 4, 3],
      [0, 1, 2, 3, 9],
      [-1, 1, 2, 3, 4],
    ])
      await expectDecline(openAs({ members }), "roster-invalid", { what: "nonces" });
  });
  test("[6] drawn without its own nonce, or with another in its place", async () => {
    const { members, bytes } = without(me);
    await expectDecline(openAs({ members }, bytes), "roster-invalid", { what: "own nonce" });
    const altered = nonces.bytes.slice();
    altered[16 * me]! ^= 1;
    await expectDecline(openAs({}, altered), "roster-invalid", { what: "own nonce" });
  });
  test("of too few, of another roster, or signed by another key", async () => {
    const bytes = new Uint8Array([...nonces.bytes.slice(0, 16), ...nonces.bytes.slice(32, 48)]);
    await expectDecline(openAs({ members: [0, 2] }, bytes), "roster-too-small");
    await expectDecline(openAs({ rosterHash: await hashOf("another") }), "roster-invalid", { what: "round" });
    const { state } = await openRoster(anew(), joined[me]!, gathered.roster);
    const forged = { nonces: await bySomebodyElse("nonces", nonces.nonces.body), bytes: nonces.bytes };
    await expectDecline(openGraph(tab, state, forged), "signature-invalid", { of: "nonces" });
  });
  test("[2] in the delivery, where it is not the one the tab drew", async () => {
    const seed = await hashOf("another graph");
    const delivery = await byCoordinator("delivery", { ...delivered.delivery.body, seed });
    const opened = openDelivery(tab, shared[me]!, { delivery, boxes: boxesOf(me) });
    await expectDecline(opened, "roster-invalid", { what: "graph" });
  });
});

describe("a tab declines the delivery", () => {
  const openAs = (body: object, boxes = boxesOf(me), state = shared[me]!) =>
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
  test("of fewer senders than the tolerated dropouts leave, the minimum, or too few neighbours among them", async () => {
    await expectDecline(openAs({ senders: [1, 2] }), "roster-too-small");
    const graph = { degree: 4, threshold: 4 };
    const state = { ...shared[me]!, cohort: { ...shared[me]!.cohort, graph } };
    await expectDecline(openAs({ senders: [0, 1, 2, 3] }, boxesOf(me), state), "roster-too-small");
  });
  test("[14] with a packet missing, truncated, altered, for somebody else, from somebody else or of another round", async () => {
    const good = boxesOf(me);
    const first = (box: Uint8Array<ArrayBuffer>) => new Uint8Array([...box, ...good.slice(boxLength)]);
    const flip = (at: number) => boxAt(me, 0).map((byte, i) => (i === at ? byte ^ 1 : byte));
    for (const box of [flip(0), flip(boxLength - 1), boxAt(me, 1), boxAt(3, 0), boxAt(0, 1), new Uint8Array(boxLength)])
      await expectDecline(openAs({}, first(box)), "share-invalid", { from: 0 });
    for (const boxes of [good.slice(boxLength), good.slice(1), good.slice(0, -1), new Uint8Array([...good, 0])])
      await expectDecline(openAs({}, boxes), "share-invalid");
  });
  test("[14] with a packet whose sender or receiver inside is another, although its seal is right", async () => {
    const { context, boxSecrets } = shared[0]!;
    const sealedAs = async (from: number, to: number, length = 74) => {
      const packet = new Uint8Array(length);
      new DataView(packet.buffer).setUint32(0, from);
      new DataView(packet.buffer).setUint32(4, to);
      const sealed = await seal(context, boxSecrets.get(me)!, 0, me, packet);
      return new Uint8Array([...sealed, ...boxesOf(me).slice(boxLength)]);
    };
    await openAs({}, await sealedAs(0, me));
    for (const boxes of [await sealedAs(1, me), await sealedAs(0, 3)])
      await expectDecline(openAs({}, boxes), "share-invalid", { from: 0 });
    await expectDecline(openAs({}, await sealedAs(0, me, 73)), "share-invalid");
  });
  test("[4] then gives no answer twice: the first one stands", async () => {
    const env = anew();
    const entrusted = await openDelivery(env, shared[me]!, deliveryTo(delivered, me));
    const answer = new Int32Array(delivered.plan.layout.dimension) as Noised;
    await maskAnswer(env, entrusted, answer);
    await expectDecline(maskAnswer(env, entrusted, answer), "already-answered", { step: "masked" });
  });
  test("sends nothing when its balance does not allow the charge", async () => {
    const entrusted = await openDelivery(tab, shared[me]!, deliveryTo(delivered, me));
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
  test("[7] of another round or delivery", async () => {
    await expectDecline(agreeTo({ deliveryHash: await hashOf("another") }), "roster-invalid", { what: "round" });
  });
  test("[3] without itself", async () => {
    await expectDecline(agreeTo({ survivors: [0, 1, 3, 4] }), "survivors-split", { what: "not among them" });
  });
  test("[3] doubled, out of order or outside the cohort", async () => {
    const senders = new Set([0, 1, 2, 3]);
    const notASender = await byCoordinator("survivors", { ...agreeing.message.body, survivors: [0, 1, 2, 4] });
    await expectDecline(agreeToSurvivors(anew(), { ...uploaded[me]!, senders }, notASender), "roster-invalid");
    for (const survivors of [
      [0, 0, 1, 2],
      [2, 1, 0],
      [0, 1, 2, 7],
    ])
      await expectDecline(agreeTo({ survivors }), "roster-invalid", { what: "survivors" });
  });
  test("[20] fewer than the plan makes noise for", async () => {
    await expectDecline(agreeTo({ survivors: [1, 2] }), "survivors-too-few");
    // Of ten, six are sure to stay by the task: five hold too little noise although they pass minimum and half.
    const plan = { ...uploaded[me]!.plan, survivors: 5 };
    const message = await byCoordinator("survivors", agreeing.message.body);
    await expectDecline(agreeToSurvivors(anew(), { ...uploaded[me]!, plan }, message), "survivors-too-few");
  });
  test("[19] fewer than the task's minimum, although there is noise enough", async () => {
    const task = { ...tab.task, cohort: { ...tab.task.cohort, minimum: 5 } };
    await expectDecline(agreeTo({}, { ...anew(), task }), "survivors-too-few");
  });
  test("[6] fewer of its neighbours than open a secret", async () => {
    const held = new Map([...uploaded[me]!.held].filter(([neighbour]) => neighbour !== 0));
    const message = await byCoordinator("survivors", { ...agreeing.message.body, survivors: [0, 1, 2, 3] });
    await agreeToSurvivors(anew(), uploaded[me]!, message);
    const state = { ...uploaded[me]!, held: new Map([...held].slice(0, 1)) };
    await expectDecline(agreeToSurvivors(anew(), state, message), "survivors-too-few");
  });
  test("[2] [4] a second, different set after it has signed one", async () => {
    const env = anew();
    await agreeTo({}, env);
    await expectDecline(agreeTo({ survivors: [0, 1, 2, 4] }, env), "already-answered", { step: "agreement" });
  });
});

describe("a tab reveals nothing", () => {
  const reveal = (agreements: AgreementsMessage, env = anew()) => revealShares(env, agreed[me]!, agreements);
  const shown = () => closeAgreements(agreeing).get(me)!;
  const signatureAt = ({ signatures }: AgreementsMessage, i: number) => packetAt(signatures, i, 64);
  /** Of those that a tab is shown, some, and others in addition. */
  const some = (count: number, others: Signed<Agreement>[] = []): AgreementsMessage => ({
    from: [...shown().from.slice(0, count), ...others.map(({ body }) => body.from)],
    signatures: joinPackets(
      [
        ...Array.from({ length: count }, (_, i) => signatureAt(shown(), i)),
        ...others.map(({ signature }) => fromHex(signature)),
      ],
      64,
    ),
  });
  const enough = () => agreed[me]!.cohort.graph.threshold;
  const tooFew = { what: "too few signatures" };

  test("[9] on agreements to another set", async () => {
    const body = { survivorsHash: await hashOf("another set"), from: shown().from[enough() - 1]! };
    const split = await signBody("agreement", body, world.tabs[body.from]!.env.identity);
    await expectDecline(reveal(some(enough() - 1, [split])), "survivors-split", tooFew);
  });
  test("[9] on fewer agreements than the threshold", async () => {
    await expectDecline(reveal(some(enough() - 1)), "survivors-split", tooFew);
    await reveal(some(enough()));
  });
  test("[9] on one agreement shown many times", async () => {
    const body = { survivorsHash: agreed[me]!.survivorsHash, from: shown().from[0]! };
    const one = { body, signature: toHex(signatureAt(shown(), 0)) };
    await expectDecline(reveal(some(0, [one, one, one, one, one])), "survivors-split", tooFew);
    const elsewhere = [0, 1, 3].map((from) => ({ ...one, body: { ...body, from } }));
    await expectDecline(reveal(some(0, elsewhere)), "survivors-split", tooFew);
  });
  test("[9] on agreements that were forged, or signed by itself, by dropouts and by strangers", async () => {
    const { survivorsHash } = agreed[me]!;
    const forged = await Promise.all([1, 3, 4, 9].map((from) => bySomebodyElse("agreement", { survivorsHash, from })));
    const own = await signBody("agreement", { survivorsHash, from: me }, tab.identity);
    const dropout = await signBody("agreement", { survivorsHash, from: 4 }, world.tabs[4]!.env.identity);
    await expectDecline(reveal(some(1, [...forged, dropout, own])), "survivors-split", tooFew);
  });
  test("[4] twice", async () => {
    const env = anew();
    await reveal(shown(), env);
    await expectDecline(reveal(shown(), env), "already-answered", { step: "unmask" });
  });
  test("[3] beyond one kind of share for each member: the seed's of survivors, the key's of dropouts", async () => {
    const { shares } = await reveal(shown());
    const held = [...agreed[me]!.held];
    expect(held.map(([member]) => member)).toEqual([0, 1, 3, 4]);
    expect(shares).toHaveLength(held.length * shareLength);
    const text = toHex(shares);
    for (const [member, { seed, key }] of held) {
      const survived = agreeing.survivors.includes(member);
      expect(text.includes(toHex(seed))).toBe(survived);
      expect(text.includes(toHex(key))).toBe(!survived);
    }
  });
});

test("[4] a tab shares out its secrets once a round", async () => {
  const env = anew();
  const state = neighbours.get(me)!;
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
