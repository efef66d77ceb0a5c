/** A tab trusts nobody: each forgery by the coordinator, or by another member through it, ends the round for that tab. */
import { beforeAll, describe, expect, test } from "vitest";
import { fromHex, hashOf, sha256, toHex } from "../../canonical.ts";
import { architectureOf, parameterCount } from "../../model.ts";
import type { Noised } from "../../privacy/stages.ts";
import { filmTask } from "../../recommend/testing/films.ts";
import { seal } from "../../secure-sum/boxes.ts";
import { nonceCommitment } from "../../secure-sum/graph.ts";
import { generateIdentityKeys, type Identity, identityFrom } from "../../secure-sum/keys.ts";
import { shareLength } from "../../secure-sum/shares.ts";
import { taskHash } from "../../task.ts";
import { acceptAnnouncement, announce, hashParameters } from "../0-announce.ts";
import { type Joined, keysHashOf, offerKeys, type Ready } from "../1-ready.ts";
import {
  type Gathered,
  type Neighbour,
  type NoncesMessage,
  offerBytes,
  offerLength,
  offersTo,
  openGraph,
  openRoster,
  type Roster,
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
import { setText } from "../member-set.ts";
import { encodeOpenings, type Opening } from "../openings.ts";
import { concat, joinPackets, packetAt } from "../packets.ts";
import { Decline, type DeclineReason } from "../reasons.ts";
import type { ParticipantEnv, RoundFacts } from "../round.ts";
import { type Signed, signBody } from "../signed.ts";
import { admitMasked, freshClaims, linkAll, newWorld, offerAll, rosterOf, smallTask, type World } from "../testing.ts";

const size = 5;
/** The tab under attack. */
const me = 2;
/** All that a tab is shown of the roster. */
type Shown = NoncesMessage & { offers: Uint8Array<ArrayBuffer> };
let world: World;
let tab: ParticipantEnv;
let facts: RoundFacts;
let joined: Joined[];
let gathered: Gathered;
let nonces: Shown;
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
  gathered = await rosterOf(world, joined);
  const all = await linkAll(world, joined, gathered);
  neighbours = all.neighbours;
  nonces = { ...all.linked.nonces, offers: offersTo(all.linked, me) };
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
  test("with popularities that the task does not ask for, or of another count", async () => {
    const evaluate = { kind: "evaluate", normalisation: { x: { mean: 0, scale: 1 } }, thresholds: [0, 0] };
    expect(await accept(await changed({ question: evaluate }))).toMatchObject({ question: "evaluate" });
    await expectDecline(accept(await changed({ question: { ...evaluate, popularity: [] } })), "plan-mismatch");
    const task = filmTask("0".repeat(64), 300);
    const parameters = new Float32Array(parameterCount(architectureOf(task)));
    const modelHash = await hashParameters(parameters);
    const asked = async (popularity: unknown) =>
      accept(await changed({ modelHash, question: { ...evaluate, popularity } }), parameters, { ...tab, task });
    const right = new Array(300).fill(7);
    expect(await asked(right)).toMatchObject({ question: "evaluate" });
    for (const wrong of [undefined, right.slice(1), right.with(3, null), right.with(3, "7"), "7".repeat(300)])
      await expectDecline(asked(wrong), "plan-mismatch", { of: "question" });
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

/** A member as the coordinator shows it; without a nonce, as one that did not open its commitment. */
interface Entry {
  offer: Signed<Ready>;
  nonce?: Uint8Array<ArrayBuffer> | undefined;
}

const honest = (): Entry[] => joined.map(({ offer, nonce }) => ({ offer, nonce }));

/** What follows from these members, whole and signed, as the tab under attack is shown it. */
async function show(entries: Entry[], change: Partial<Roster> = {}) {
  const commitments = entries.map(({ offer }) => offer.body.commitment);
  const commitmentsHash = toHex(await sha256(fromHex(commitments.join(""))));
  const body = { announcementHash: facts.announcementHash, size: entries.length, commitmentsHash, ...change };
  const opened = new Map<number, Opening>();
  for (const [i, { offer, nonce }] of entries.entries())
    if (nonce) opened.set(i, { nonce, keysHash: await keysHashOf(offer.body) });
  const own = commitments.indexOf(joined[me]!.offer.body.commitment);
  const offers = concat(entries.filter(({ nonce }, i) => nonce && i !== own).map(({ offer }) => offerBytes(offer)));
  return {
    roster: await byCoordinator("roster", body),
    nonces: await noncesWith(await hashOf(body), encodeOpenings(commitments, opened), offers),
  };
}

const noncesWith = async (
  rosterHash: string,
  openings: Uint8Array<ArrayBuffer>,
  offers: Uint8Array<ArrayBuffer>,
): Promise<Shown> => ({
  nonces: await byCoordinator("nonces", { rosterHash, openingsHash: toHex(await sha256(openings)) }),
  openings,
  offers,
});

/** A colluding member, whose keys are its own to choose, and who signs and commits to what it chose. */
async function choosing(change: Partial<Ready>, i = 0): Promise<Entry> {
  const body = { ...joined[i]!.offer.body, ...change };
  const nonce = joined[i]!.nonce;
  const commitment = toHex(await nonceCommitment(nonce, await keysHashOf(body), facts.announcementHash));
  return { offer: await signBody("ready", { ...body, commitment }, world.tabs[i]!.env.identity), nonce };
}

const replaced = (index: number, entry: Entry): Entry[] => honest().map((one, i) => (i === index ? entry : one));

describe("a tab declines the roster", () => {
  const openAs = (roster: Signed<Roster>, env = anew()) => openRoster(env, joined[me]!, roster);

  test("signed by another key", async () => {
    const forged = await bySomebodyElse("roster", gathered.roster.body);
    await expectDecline(openAs(forged), "signature-invalid", { of: "roster" });
  });
  test("[7] of another round", async () => {
    const announcementHash = await hashOf({ ...world.announcement, attempt: 2 });
    const { roster } = await show(honest(), { announcementHash });
    await expectDecline(openAs(roster), "roster-invalid", { what: "round" });
  });
  test("[5] of one member fewer than the minimum, and of more than the task's maximum", async () => {
    const { roster } = await show(honest().slice(1, 3));
    await expectDecline(openAs(roster), "roster-too-small", { size: 2, minimum: 3 });
    const small = smallTask({ cohort: { minimum: 3, maximum: 4, dropoutTolerance: 0.4, colludingShare: 0 } });
    await expectDecline(openAs(gathered.roster, { ...anew(), task: small }), "roster-invalid", { what: "size" });
  });
  test("[6] so large that no graph keeps it, whatever the task's maximum", async () => {
    const large = structuredClone(world.task);
    large.cohort = { ...large.cohort, maximum: 10_000 };
    const { roster } = await show(honest(), { size: 300 });
    await expectDecline(openAs(roster, { ...anew(), task: large }), "roster-invalid", { what: "size" });
  });
  test("[2] [4] a second time: its nonce is revealed for one roster only", async () => {
    const env = anew();
    await openAs(gathered.roster, env);
    const second = await show(replaced(0, await choosing({ maskKey: toHex(new Uint8Array(32).fill(9)) })));
    await expectDecline(openAs(second.roster, env), "already-answered", { step: "nonce" });
  });
});

describe("a tab declines the graph", () => {
  /** Of the roster that it was shown before, or of another one. */
  const openAs = async (message: Shown, roster = gathered.roster) => {
    const { state } = await openRoster(anew(), joined[me]!, roster);
    return openGraph(tab, state, message, message.offers);
  };
  const openFrom = async (entries: Entry[]) => {
    const { roster, nonces } = await show(entries);
    return openAs(nonces, roster);
  };
  const withOpenings = async (openings: Uint8Array<ArrayBuffer>) =>
    noncesWith(gathered.cohort.rosterHash, openings, nonces.offers);

  test("never as it should be", async () => {
    expect((await openAs(nonces)).seed).toBe(neighbours.get(me)!.seed);
    expect((await openFrom(honest())).seed).toBe(neighbours.get(me)!.seed);
  });
  test("[6] drawn from nonces that were not committed to, or of keys that were not, however well signed", async () => {
    const { openings } = nonces;
    // The set, the first nonce, its keys' hash, the tab's own nonce, the last keys' hash.
    for (const at of [0, 1, 16, 17, 48, 1 + 48 * me, 48 * size]) {
      const altered = openings.slice();
      altered[at]! ^= 1;
      await expectDecline(openAs(await withOpenings(altered)), "roster-invalid", { what: "nonces" });
    }
    const [first, second] = [openings.slice(1, 49), openings.slice(49, 97)];
    for (const others of [
      concat([openings.slice(0, 1), second, first, openings.slice(97)]),
      openings.slice(1),
      openings.slice(0, -1),
      concat([openings, openings.slice(-48)]),
      new Uint8Array(),
    ])
      await expectDecline(openAs(await withOpenings(others)), "roster-invalid", { what: "nonces" });
    const { nonces: ofAnother } = await withOpenings(first);
    await expectDecline(openAs({ ...nonces, nonces: ofAnother }), "roster-invalid", { what: "nonces" });
  });
  test("[6] drawn after somebody left who is put back with a nonce that suits, or with one in which nobody left", async () => {
    const left = honest().map((entry, i) => (i === 4 ? { offer: entry.offer } : entry));
    const { nonces: without } = await show(left);
    expect((await openAs(without)).neighbours).toEqual([0, 1, 3]);
    const back = without.openings.slice();
    back[0]! |= 1 << 4;
    for (const openings of [back, concat([back, new Uint8Array(16)])])
      await expectDecline(openAs(await withOpenings(openings)), "roster-invalid", { what: "nonces" });
  });
  test("[6] drawn without its own nonce", async () => {
    await expectDecline(openFrom(replaced(me, { offer: joined[me]!.offer })), "roster-invalid", { what: "own entry" });
  });
  test("of a roster without itself, or with its own entry altered", async () => {
    const own = { what: "own entry" };
    await expectDecline(openFrom(honest().filter((_, i) => i !== me)), "roster-invalid", own);
    const nine = toHex(new Uint8Array(32).fill(9));
    for (const change of [{ maskKey: nine }, { boxKey: nine }, { identity: nine }])
      await expectDecline(openFrom(replaced(me, await choosing(change, me))), "roster-invalid", own);
    // A second offer that the tab itself signed, of other keys, is not this round's either.
    const { offer, nonce } = await offerKeys(tab, facts);
    await expectDecline(openFrom(replaced(me, { offer, nonce })), "roster-invalid", own);
  });
  test("[5] of a roster padded with one member twice, or with one identity", async () => {
    const [first] = honest();
    await expectDecline(openFrom([first!, ...honest()]), "roster-invalid", { what: "one member twice" });
    const { offer, nonce } = await offerKeys(world.tabs[0]!.env, facts);
    await expectDecline(openFrom([{ offer, nonce }, ...honest()]), "roster-invalid", { what: "duplicate key" });
  });
  test("[5] of a roster with one key twice, the tab's own among them", async () => {
    const other = joined[1]!.offer.body;
    const mine = joined[me]!.offer.body;
    for (const change of [
      { maskKey: other.maskKey },
      { boxKey: other.maskKey },
      { boxKey: other.boxKey },
      { maskKey: mine.maskKey },
      { boxKey: mine.boxKey },
    ])
      await expectDecline(openFrom(replaced(0, await choosing(change))), "roster-invalid", { what: "duplicate key" });
  });
  test("[6] with a neighbour's offer that is not the one it committed to, or with one too few or too many", async () => {
    const { offer } = await offerKeys(world.tabs[0]!.env, facts);
    const rest = nonces.offers.slice(offerLength(world.task));
    const another = { ...nonces, offers: concat([offerBytes(offer), rest]) };
    await expectDecline(openAs(another), "roster-invalid", { what: "offers" });
    for (const offers of [rest, concat([nonces.offers, rest]), new Uint8Array()])
      await expectDecline(openAs({ ...nonces, offers }), "roster-invalid", { what: "offers" });
  });
  test("[7] with a neighbour's offer that its owner did not sign, or signed for another round", async () => {
    const maskKey = toHex(new Uint8Array(32).fill(9));
    const { offer, nonce } = await choosing({ maskKey });
    const forged = await signBody("ready", offer.body, stranger);
    await expectDecline(openFrom(replaced(0, { offer: forged, nonce })), "roster-invalid", { what: "signature" });
    const announcementHash = await hashOf({ ...world.announcement, attempt: 2 });
    const replayed = await signBody("ready", { ...offer.body, announcementHash }, world.tabs[0]!.env.identity);
    await expectDecline(openFrom(replaced(0, { offer: replayed, nonce })), "roster-invalid", { what: "signature" });
  });
  test.each(lowOrderKeys)("[5] with the key of low order %s, whose secrets everybody would know", async (key) => {
    for (const change of [{ maskKey: key }, { boxKey: key }])
      await expectDecline(openFrom(replaced(0, await choosing(change))), "roster-invalid", { what: "weak key" });
  });
  test("of too few, of another roster, or signed by another key", async () => {
    const few = honest().map((entry, i) => (i === 0 || i === me ? entry : { offer: entry.offer }));
    await expectDecline(openFrom(few), "roster-too-small");
    const another = await noncesWith(await hashOf("another"), nonces.openings, nonces.offers);
    await expectDecline(openAs(another), "roster-invalid", { what: "round" });
    const forged = await bySomebodyElse("nonces", nonces.nonces.body);
    await expectDecline(openAs({ ...nonces, nonces: forged }), "signature-invalid", { of: "nonces" });
  });
  test("[6] with fewer neighbours than open a secret", async () => {
    const { state } = await openRoster(anew(), joined[me]!, gathered.roster);
    const graph = { degree: 4, threshold: 5 };
    const opened = openGraph(tab, { ...state, cohort: { ...state.cohort, graph } }, nonces, nonces.offers);
    await expectDecline(opened, "roster-too-small");
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
  test("whose senders do not include it, or are no set of the roster's members", async () => {
    for (const senders of [setText([0, 1, 3, 4], size), setText([0, 1, 2, 3, 5], size), "1f00", "1F", "", "g", "7"])
      await expectDecline(openAs({ senders }), "roster-invalid", { what: "senders" });
  });
  test("of fewer senders than the tolerated dropouts leave, the minimum, or too few neighbours among them", async () => {
    await expectDecline(openAs({ senders: setText([1, 2], size) }), "roster-too-small");
    const graph = { degree: 4, threshold: 4 };
    const state = { ...shared[me]!, cohort: { ...shared[me]!.cohort, graph } };
    await expectDecline(openAs({ senders: setText([0, 1, 2, 3], size) }, boxesOf(me), state), "roster-too-small");
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
  const survivorsBy = (survivors: string) =>
    byCoordinator("survivors", { deliveryHash: agreeing.message.body.deliveryHash, survivors });
  const agreeTo = async (members: number[], env = anew()) =>
    agreeToSurvivors(env, uploaded[me]!, await survivorsBy(setText(members, size)));

  test("signed by another key", async () => {
    const message = await bySomebodyElse("survivors", agreeing.message.body);
    await expectDecline(agreeToSurvivors(anew(), uploaded[me]!, message), "signature-invalid", { of: "survivors" });
  });
  test("[7] of another round or delivery", async () => {
    const another = { ...agreeing.message.body, deliveryHash: await hashOf("another") };
    const agreed = agreeToSurvivors(anew(), uploaded[me]!, await byCoordinator("survivors", another));
    await expectDecline(agreed, "roster-invalid", { what: "round" });
  });
  test("[3] without itself", async () => {
    await expectDecline(agreeTo([0, 1, 3, 4]), "survivors-split", { what: "not among them" });
  });
  test("[3] outside the cohort, or no set of its members", async () => {
    const senders = new Set([0, 1, 2, 3]);
    const notASender = await survivorsBy(setText([0, 1, 2, 4], size));
    await expectDecline(agreeToSurvivors(anew(), { ...uploaded[me]!, senders }, notASender), "roster-invalid");
    for (const survivors of [setText([0, 1, 2, 7], size), "0700", "0G", "", "7"]) {
      const agreed = agreeToSurvivors(anew(), uploaded[me]!, await survivorsBy(survivors));
      await expectDecline(agreed, "roster-invalid", { what: "survivors" });
    }
  });
  test("[20] fewer than the plan makes noise for", async () => {
    await expectDecline(agreeTo([1, 2]), "survivors-too-few");
    // Of ten, six are sure to stay by the task: five hold too little noise although they pass minimum and half.
    const plan = { ...uploaded[me]!.plan, survivors: 5 };
    const message = await byCoordinator("survivors", agreeing.message.body);
    await expectDecline(agreeToSurvivors(anew(), { ...uploaded[me]!, plan }, message), "survivors-too-few");
  });
  test("[19] fewer than the task's minimum, although there is noise enough", async () => {
    const task = { ...tab.task, cohort: { ...tab.task.cohort, minimum: 5 } };
    await expectDecline(agreeTo([0, 1, 2, 3], { ...anew(), task }), "survivors-too-few");
  });
  test("[6] fewer of its neighbours than open a secret", async () => {
    const held = new Map([...uploaded[me]!.held].filter(([neighbour]) => neighbour !== 0));
    const message = await survivorsBy(setText([0, 1, 2, 3], size));
    await agreeToSurvivors(anew(), uploaded[me]!, message);
    const state = { ...uploaded[me]!, held: new Map([...held].slice(0, 1)) };
    await expectDecline(agreeToSurvivors(anew(), state, message), "survivors-too-few");
  });
  test("[2] [4] a second, different set after it has signed one", async () => {
    const env = anew();
    await agreeTo([0, 1, 2, 3], env);
    await expectDecline(agreeTo([0, 1, 2, 4], env), "already-answered", { step: "agreement" });
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
    await expectDecline(reveal(some(enough() - 1, [...forged, dropout, own])), "survivors-split", tooFew);
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
