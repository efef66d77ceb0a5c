/** A coordinator that lies: attacks 1 to 12. */
import {
  announce,
  coordinator,
  fleet,
  masked,
  memberSet,
  members,
  privacy,
  ready,
  reuse,
  roster,
  shares,
  sum,
  unmask,
} from "./paths.mjs";

export default {
  1: [
    {
      sabotage: "masks are not bound to the announcement, hence the model",
      change: [sum("masks"), "info.set(context.announcementHash, domain.length);", ""],
      red: [members, "[1] two models shown to two halves: were the roster believed, the sum would be uniform"],
    },
    {
      sabotage: "a tab takes any model for the one that is announced",
      change: [announce, "(await hashParameters(parameters)) !== body.modelHash", "false"],
      red: [coordinator, "[1] with a model other than the one that is announced"],
    },
  ],
  2: [
    {
      sabotage: "masks between tabs are not bound to the roster",
      change: [sum("masks"), "hkdf(shared, context.rosterHash", "hkdf(shared, new Uint8Array(32)"],
      red: [members, "[2] two rosters shown to two halves: the sum would be uniform"],
    },
    {
      sabotage: "a tab reveals shares however few agree with it",
      change: [unmask, "agreed.size < state.cohort.graph.threshold", "false"],
      red: [fleet, "[2] two sets of survivors shown to two halves"],
    },
    {
      sabotage: "a tab reveals its nonce for a second roster",
      change: [roster, 'env.claim("nonce",', "Promise.resolve(true,"],
      red: [coordinator, "[2] [4] a second time: its nonce is revealed for one roster only"],
    },
    {
      sabotage: "a tab signs a second set of survivors",
      change: [unmask, 'env.claim("agreement",', "Promise.resolve(true,"],
      red: [coordinator, "[2] [4] a second, different set after it has signed one"],
    },
    {
      sabotage: "the delivery may name another graph",
      change: [shares, "body.seed !== state.seed", "false"],
      red: [coordinator, "[2] in the delivery, where it is not the one the tab drew"],
    },
  ],
  3: [
    {
      sabotage: "a tab unmasks a sum that it is not in",
      change: [unmask, "!survivors.has(state.me)", "false"],
      red: [coordinator, "[3] without itself"],
    },
    {
      sabotage: "survivors need not have shared secrets",
      change: [unmask, "!members?.every((i) => state.senders.has(i))", "!members"],
      red: [coordinator, "[3] outside the cohort, or no set of its members"],
    },
    {
      sabotage: "a set of survivors may be told in two ways",
      change: [memberSet, "set.length !== setLength(size)", "false"],
      red: [coordinator, "[3] outside the cohort, or no set of its members"],
    },
    {
      sabotage: "the seed's share is revealed of dropouts, too",
      change: [unmask, "survivors.has(member) ? seed : key", "seed"],
      red: [coordinator, "[3] beyond one kind of share for each member"],
    },
  ],
  4: [
    {
      sabotage: "a tab shares out its secrets twice",
      change: [shares, 'env.claim("shares",', "Promise.resolve(true,"],
      red: [coordinator, "[4] a tab shares out its secrets once a round"],
    },
    {
      sabotage: "a tab answers twice",
      change: [masked, 'env.claim("masked",', "Promise.resolve(true,"],
      red: [coordinator, "[4] then gives no answer twice: the first one stands"],
    },
    {
      sabotage: "a tab reveals shares twice",
      change: [unmask, 'env.claim("unmask",', "Promise.resolve(true,"],
      red: [coordinator, "[4] twice"],
    },
  ],
  5: [
    {
      sabotage: "a tab takes a roster below the minimum",
      change: [roster, "size < minimum", "false"],
      red: [coordinator, "[5] of one member fewer than the minimum, and of more than the task's maximum"],
    },
    {
      sabotage: "a tab takes a roster above the maximum",
      change: [roster, "size <= env.task.cohort.maximum ?", "true ?"],
      red: [coordinator, "[5] of one member fewer than the minimum, and of more than the task's maximum"],
    },
    {
      sabotage: "a member may stand twice in a roster",
      change: [roster, "new Set(commitments).size !== cohort.size", "false"],
      red: [coordinator, "[5] of a roster padded with one member twice, or with one identity"],
    },
    {
      sabotage: "a key may stand twice in a roster",
      change: [roster, "new Set(keys).size !== keys.length", "false"],
      red: [coordinator, "[5] of a roster with one key twice, the tab's own among them"],
    },
    {
      sabotage: "the coordinator seats weak keys",
      change: [ready, "isWeakAgreementKey(fromHex(key))", "false"],
      red: [members, "[5] with a weak key, one key for both uses, or a key that was offered before, is refused"],
    },
    {
      sabotage: "a secret of zeros is a secret, where the platform minds no weak key",
      change: [sum("keys"), "shared.every((byte) => byte === 0)", "false"],
      red: [sum("keys.test"), "[5] a platform that lets a low-order key pass"],
    },
  ],
  6: [
    {
      sabotage: "a graph may be drawn from nonces that nobody committed to",
      change: [roster, "toHex(await sha256(decoded.commitments)) !== commitmentsHash", "false"],
      red: [coordinator, "[6] drawn from nonces that were not committed to, or of keys that were not"],
    },
    {
      sabotage: "a graph may be drawn without the tab's own nonce",
      change: [roster, "!opened.has(me)", "false"],
      red: [coordinator, "[6] drawn without its own nonce"],
    },
    {
      sabotage: "a neighbour may be shown to two tabs with two keys",
      change: [
        roster,
        "toHex(await keysHashOf(body, env.crypto?.sha256)) !== toHex(opened.get(index)!.keysHash)",
        "false",
      ],
      red: [coordinator, "[6] with a neighbour's offer that is not the one it committed to"],
    },
    {
      sabotage: "a tab shares with fewer neighbours than open a secret",
      change: [roster, "neighbours.length < cohort.graph.threshold", "false"],
      red: [coordinator, "[6] with fewer neighbours than open a secret"],
    },
    {
      sabotage: "the coordinator takes any nonce",
      change: [roster, "toHex(commitment) !== body.commitment", "false"],
      red: [members, "[6] is refused from another, for another roster, where it was not committed to, and twice"],
    },
    {
      sabotage: "too few neighbours are enough to open a secret",
      change: [unmask, "|| neighbours.length < state.cohort.graph.threshold", ""],
      red: [coordinator, "[6] fewer of its neighbours than open a secret"],
    },
    {
      sabotage: "the threshold takes a coordinator that lies for an honest one",
      change: [
        sum("graph-parameters"),
        "careful ? Math.ceil((mostCorrupt + k - 1.25) / 2) : mostCorrupt",
        "mostCorrupt",
      ],
      red: [fleet, "[6] a coordinator that tries 2^12 rosters"],
    },
  ],
  7: [
    {
      sabotage: "a tab takes the roster of another round",
      change: [roster, "body.announcementHash !== state.facts.announcementHash", "false"],
      red: [reuse, "[7] last round's roster, good as it was, is no roster of this one"],
    },
    {
      sabotage: "a tab takes the announcement of another task",
      change: [announce, "body.taskHash !== env.taskHash", "false"],
      red: [coordinator, "[7] of a task that the person did not consent to"],
    },
    {
      sabotage: "a tab takes the survivors of another round",
      change: [unmask, "body.deliveryHash !== state.deliveryHash", "false"],
      red: [coordinator, "[7] of another round or delivery"],
    },
    {
      sabotage: "neighbours' offers need not be signed for this round",
      change: [roster, '!(await isSignedBy("ready", { body, signature }, body.identity, env.crypto?.verify))', "false"],
      red: [coordinator, "[7] with a neighbour's offer that its owner did not sign, or signed for another round"],
    },
    {
      sabotage: "a round's seed is the last one's",
      change: [
        shares,
        "const maskSeed = crypto.getRandomValues(new Uint8Array(32))",
        "const maskSeed = new Uint8Array(32)",
      ],
      red: [reuse, "[7] [26] no seed, key, secret, commitment or packet of one attempt comes back in the next"],
    },
  ],
  8: [
    {
      sabotage: "a tab takes the announcement of another task",
      change: [announce, "body.taskHash !== env.taskHash", "false"],
      red: [privacy("terms.test"), "8.8 %s is another task, and the tab declines"],
    },
    {
      sabotage: "a task's hash leaves its privacy and cohort out",
      change: ["shared/task.ts", "=> hashOf(task);", "=> hashOf({ ...task, privacy: 0, cohort: 0 });"],
      red: [privacy("terms.test"), "8.8 %s is another task, and the tab declines"],
    },
    {
      sabotage: "an announcement may bring a clip norm to a task that fixes it",
      change: [privacy("adaptive-clipping"), "return clip === undefined;", "return true;"],
      red: [privacy("adaptive-clipping.test"), "8.8 a task with a fixed clip norm takes none from the coordinator"],
    },
  ],
  9: [
    {
      sabotage: "any signature is an agreement",
      change: [
        unmask,
        'await isSignedBy("agreement", agreement, state.identities.get(from)!, env.crypto?.verify)',
        "true",
      ],
      red: [coordinator, "[9] on agreements to another set"],
    },
    {
      sabotage: "fewer agreements than the threshold are enough",
      change: [unmask, "agreed.size < state.cohort.graph.threshold", "agreed.size < 1"],
      red: [coordinator, "[9] on fewer agreements than the threshold"],
    },
    {
      sabotage: "dropouts' agreements count",
      change: [unmask, "if (!held.has(from) || !survivors.has(from)) continue;", ""],
      red: [coordinator, "[9] on agreements that were forged, or signed by itself, by dropouts and by strangers"],
    },
    {
      sabotage: "signatures are tweetnacl's to check, which takes S + L",
      change: [
        sum("keys"),
        "return await verify(publicKey, signature, message);",
        'return (await import("tweetnacl")).default.sign.detached.verify(message, signature, publicKey);',
      ],
      red: [sum("keys.test"), "[9] a malleated signature, S + L, is refused"],
    },
  ],
  10: [
    {
      sabotage: "the balance bears every charge",
      change: [privacy("balance"), "epsilonAfter <= budget.epsilon", "true"],
      red: [privacy("balance.test"), "8.10 a victim asked again"],
    },
    {
      sabotage: "a tab adds a quarter of its noise",
      change: [
        privacy("discrete-gaussian"),
        "new DiscreteGaussian(variance);",
        "new DiscreteGaussian(variance / 16n + 1n);",
      ],
      red: [privacy("audit/differencing.test"), "8.10 a forced pair of cohorts that differ by the victim"],
    },
  ],
  11: [
    {
      sabotage: "shares of noise are made as if nobody left",
      change: ["shared/plan.ts", "deviation ** 2 / honest", "deviation ** 2 / size"],
      red: [privacy("terms.test"), "8.11 no noise is taken away for those who stayed"],
    },
    {
      sabotage: "tabs reveal for any survivors that are enough company",
      change: [masked, "survivors >= plan.survivors &&", ""],
      red: [privacy("terms.test"), "8.11 no noise is taken away for those who stayed"],
    },
  ],
  12: [
    {
      sabotage: "a vector has no self mask",
      change: [sum("masks"), "sign === 1 ? [own, ...keys] : keys", "keys"],
      red: [members, "[12] a single vector, and the sum before its masks are removed, are uniform"],
    },
    {
      sabotage: "a tab adds no noise",
      change: [privacy("discrete-gaussian"), "vector[i]! + sampler.sample(random)", "vector[i]!"],
      red: ["e2e/traffic.test.ts", "[12] in a whole run nothing of the rows reaches the coordinator but noised sums"],
    },
  ],
};
