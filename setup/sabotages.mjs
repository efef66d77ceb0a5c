/**
 * What each of the thirty attacks' tests must notice (shared/round/adversarial/README.md has the attacks by number). A
 * sabotage is one defence taken away: the file, a text that stands in it once, and what stands there instead. `red` is
 * the test that must fail then, with its number in its name (%s and the like as in the source). An attack that meets
 * several defences has a sabotage for each. `npm run mutations` does them (mutations.mjs); sabotages.test.ts sees that
 * files, texts and names are still there.
 *
 * Keep texts short: whoever rewrites a line for another reason should not have to come by here.
 */
const round = (file) => `shared/round/${file}.ts`;
const sum = (file) => `shared/secure-sum/${file}.ts`;
const privacy = (file) => `shared/privacy/${file}.ts`;
const adversarial = (file) => `shared/round/adversarial/${file}.test.ts`;

const [announce, ready, roster, shares, masked, unmask] = [
  round("0-announce"),
  round("1-ready"),
  round("1-roster"),
  round("2-shares"),
  round("3-masked"),
  round("4-unmask"),
];
const [coordinator, members, fleet, dropouts, reuse] = [
  adversarial("coordinator"),
  adversarial("members"),
  adversarial("fleet"),
  adversarial("dropouts"),
  adversarial("reuse"),
];

/** Sabotages by the attack's number. */
export const sabotages = {
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
      change: [unmask, "![...survivors].every((i) => state.senders.has(i))", "false"],
      red: [coordinator, "[3] doubled, out of order or outside the cohort"],
    },
    {
      sabotage: "survivors may stand twice",
      change: [roster, "index > (i === 0 ? -1 : indices[i - 1]!)", "index >= 0"],
      red: [coordinator, "[3] doubled, out of order or outside the cohort"],
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
      sabotage: "an identity may stand twice in a roster",
      change: [roster, "identities[i - 1]! >= identities[i]!", "false"],
      red: [coordinator, "[5] padded with one identity twice, or out of order"],
    },
    {
      sabotage: "a key may stand twice in a roster",
      change: [roster, "keys.size !== 2 * size", "false"],
      red: [coordinator, "[5] with one key twice, the tab's own among them"],
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
      change: [roster, "committed.every(Boolean)", "true"],
      red: [coordinator, "[6] drawn from nonces that were not committed to"],
    },
    {
      sabotage: "a graph may be drawn without the tab's own nonce",
      change: [roster, "!own || toHex(own) !== toHex(state.nonce)", "false"],
      red: [coordinator, "[6] drawn without its own nonce, or with another in its place"],
    },
    {
      sabotage: "the coordinator takes any nonce",
      change: [roster, "isCommitted(state.offers[from]!, fromHex(nonce), state.sha256)", "true"],
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
      change: [roster, '!(await isSignedBy("ready", member, member.body.identity))', "false"],
      red: [coordinator, "[7] of another round, or whose members were replayed from another"],
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
      change: [unmask, 'await isSignedBy("agreement", agreement, state.cohort.identities[from]!)', "true"],
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
  13: [
    {
      sabotage: "a secret need not fit its commitment",
      change: [sum("shares"), "const right = await isRight(secret)", "const right = true"],
      red: [members, "[13] with wrong shares inside never give a wrong sum"],
    },
    {
      sabotage: "nobody is named for false shares",
      change: [unmask, "blamed: namesOf(culprits(misfits))", "blamed: []"],
      red: [fleet, "[13] a member that reveals false shares is named"],
    },
    {
      sabotage: "who deals false shares to most is not named",
      change: [unmask, "shares.size >= cohort.graph.threshold ? [dealer] : []", "[]"],
      red: [fleet, "[13] a member that deals false shares to most ends the round, by name"],
    },
  ],
  14: [
    {
      sabotage: "a packet may be another sender's",
      change: [shares, "view.getUint32(0) !== from", "false"],
      red: [coordinator, "[14] with a packet whose sender or receiver inside is another"],
    },
    {
      sabotage: "a packet may be meant for another",
      change: [shares, "view.getUint32(4) !== me", "false"],
      red: [coordinator, "[14] with a packet whose sender or receiver inside is another"],
    },
    {
      sabotage: "a tab may get fewer packets than it has neighbours",
      change: [shares, "message.boxes.length !== neighbours.length * parcel", "false"],
      red: [coordinator, "[14] with a packet missing, truncated, altered, for somebody else"],
    },
    {
      sabotage: "a member may deal more or fewer packets than it has neighbours",
      change: [shares, "boxes.length !== state.graph.neighbours(body.from).length * state.parcel", "false"],
      red: [members, "[14] are refused unless there is one packet for each neighbour and none for anybody else"],
    },
    {
      sabotage: "a seed need not fit its commitment",
      change: [unmask, "(await seedCommitment(seed, survivor, context.rosterHash, env.sha256)) === commitment", "true"],
      red: [fleet, "[14] shares swapped between the two secrets open neither"],
    },
  ],
  15: [
    {
      sabotage: "a piece may have any length",
      change: [
        masked,
        "piece.length === 0 || piece.length !== Math.min(pieceLength(upload.bits), upload.due)",
        "false",
      ],
      red: ["coordinator/uploads.test.ts", "[15] ten thousand tiny pieces end with the first"],
    },
    {
      sabotage: "a payload need not have its hash",
      change: [masked, "|| toHex(upload.hash.digest()) !== upload.sha256", ""],
      red: [members, "[15] is refused when its payload has another hash or length"],
    },
    {
      sabotage: "less than a vector is one",
      change: [masked, "upload.due !== 0 ||", ""],
      red: [members, "[15] comes in pieces of one size"],
    },
    {
      sabotage: "as many uploads are open as there are senders",
      change: ["coordinator/uploads.ts", "await this.#turn();", ""],
      red: ["coordinator/uploads.test.ts", "[15] only so many uploads are open at a time"],
    },
    {
      sabotage: "two copies of a vector at once count twice",
      change: [masked, "if (state.received.has(upload.from)) throw", "if (false) throw"],
      red: [members, "[15] is counted once, also when two copies come at the same time"],
    },
  ],
  16: [
    {
      sabotage: "two neighbours' shares open a mask key",
      change: [
        shares,
        "shareOut(state.maskSecret, neighbours.length, cohort.graph.threshold)",
        "shareOut(state.maskSecret, neighbours.length, 2)",
      ],
      red: [fleet, "[16] colluders up to the threshold give the coordinator all they have"],
    },
  ],
  17: [
    {
      sabotage: "the trimmed mean trims nothing",
      change: ["coordinator/simulation/sub-cohorts.ts", ": aggregation.trim;", ": 0;"],
      red: [
        "coordinator/simulation/robustness.test.ts",
        "8.17 whose pages were rewritten spoil a mean and not a median",
      ],
    },
  ],
  18: [
    {
      sabotage: "an identity may offer keys twice",
      change: [ready, "state.offers.has(identity) ||", ""],
      red: [members, "[18] is refused a second time, whichever is checked first"],
    },
    {
      sabotage: "an identity may have two connections",
      change: ["coordinator/room.ts", "before.close();", ""],
      red: ["coordinator/room.test.ts", "[18] a second connection of one identity replaces the first"],
    },
  ],
  19: [
    {
      sabotage: "both of a pair add their mask",
      change: [sum("masks"), "own < other ? 1 : -1", "1"],
      red: [dropouts, "[19] G6 every dropout pattern at n = %i gives the exact sum of the survivors or nothing"],
    },
    {
      sabotage: "the masks that dropouts left behind stay in the sum",
      change: [unmask, "await addMasks(sum, masks[-1], 1, plan.bits, env.cipher);", ""],
      red: [dropouts, "[19] G6 every dropout pattern at n = %i gives the exact sum of the survivors or nothing"],
    },
    {
      sabotage: "any number of survivors is company enough",
      change: [masked, "&& survivors >= minimumCohort(env.task)", ""],
      red: [coordinator, "[19] fewer than the task's minimum, although there is noise enough"],
    },
    {
      sabotage: "the coordinator reads the sum of whoever stayed",
      change: [unmask, "const survivors = closeUploads(env, state);", "const survivors = [...state.received].sort();"],
      red: [members, "[19] [20] of too few survivors is never unmasked"],
    },
  ],
  20: [
    {
      sabotage: "a tab reveals shares although too little noise is left",
      change: [unmask, "!enoughSurvivors(survivors.size, state.plan, env) ||", ""],
      red: [coordinator, "[20] fewer than the plan makes noise for"],
    },
    {
      sabotage: "the coordinator unmasks although one dropout is too many",
      change: [masked, "survivors >= plan.survivors &&", ""],
      red: [fleet, "[20] n = 100: the sum is exact with as many dropouts as the task tolerates"],
    },
    {
      sabotage: "a tab's share of noise is a tenth too small",
      change: ["shared/plan.ts", "deviation ** 2 / honest", "deviation ** 2 / (1.1 * honest)"],
      red: [privacy("encode.test"), "8.20 G4 the decoded sum of %i tabs carries the noise that is promised"],
    },
  ],
  21: [
    {
      sabotage: "a coordinator that starts again forgets what was charged",
      change: ["coordinator/run.ts", "await runs.charges(row.id)", "[]"],
      red: ["e2e/crash.test.ts", "[21] killed in each phase, a run goes on to its end"],
    },
    {
      sabotage: "the model is not kept with its round",
      change: ["coordinator/store/runs.ts", ".set({ attempt: 1, ...learnerColumns(learner) })", ".set({ attempt: 1 })"],
      red: ["coordinator/store/crash.test.ts", "[21] six times killed with SIGKILL, a coordinator loses nothing"],
    },
  ],
  22: [
    {
      sabotage: "a round lasts as long as the machine's clock says",
      change: ["coordinator/run.ts", "const began = performance", "const performance = Date, began = performance"],
      red: ["e2e/clocks.test.ts", "8.22 at each phase one tab sleeps and the clock is set back by a day"],
    },
  ],
  23: [
    {
      sabotage: "the first rounding is taken, however long it is",
      change: [privacy("encode"), "squaredNorm(integers) <= largest", "true"],
      red: [privacy("encode.test"), "8.23 what WebGPU returns is %s: within the bound, or refused"],
    },
    {
      sabotage: "what is no number is rounded like one",
      change: [privacy("encode"), "!Number.isFinite(vector[i]!)", "false"],
      red: [privacy("encode.test"), "8.23 what WebGPU returns is %s: within the bound, or refused"],
    },
  ],
  24: [
    {
      sabotage: "the start-up test does not mind what comes twice",
      change: [privacy("random"), "blocks.size !== bytes.length / 8 ||", ""],
      red: [privacy("random.test"), "8.24 refuses a generator %s"],
    },
    {
      sabotage: "the start-up test does not mind bytes that are rare",
      change: [privacy("random"), "|| chiSquare > largestChiSquare", ""],
      red: [privacy("random.test"), "8.24 refuses a generator %s"],
    },
  ],
  25: [
    {
      sabotage: "Math.random passes",
      change: ["setup/check-structure.mjs", 'read(file).includes("Math.random")', "false"],
      red: ["setup/check-structure.test.ts", "8.25 the text check sees %s"],
    },
    {
      sabotage: "a seed of one's own passes",
      change: ["setup/check-structure.mjs", "/new RandomSource\\(\\s*[^)\\s]/.test(text)", "false"],
      red: ["setup/check-structure.test.ts", "8.25 the text check sees %s"],
    },
    {
      sabotage: "a float as noise passes",
      change: [
        "setup/check-structure.mjs",
        "/\\b(u32|uniform53)\\(\\)\\s*(\\/|\\*\\s*2 \\*\\* -)/.test(text)",
        "false",
      ],
      red: ["setup/check-structure.test.ts", "8.25 the text check sees %s"],
    },
    {
      sabotage: "a second door to the socket passes",
      change: ["setup/check-structure.mjs", "casting.length !== 1", "false"],
      red: ["setup/check-structure.test.ts", "8.25 the text check sees %s"],
    },
  ],
  26: [
    {
      sabotage: "every tab's generator starts alike",
      change: [
        privacy("random"),
        "crypto.getRandomValues(words)",
        "words.forEach((_, i) => { words[i] = Math.imul(i + 1, 0x9e3779b9); })",
      ],
      red: [reuse, "[26] no two of a thousand noise vectors are the same"],
    },
    {
      sabotage: "a block of random words is handed out again and again",
      change: [privacy("random"), "this.#words[this.#next++] = 0;", "this.#next = (this.#next + 1) % 64;"],
      red: [
        privacy("audit/weaknesses.test"),
        "8.26 noise of two tabs, two rounds or after a restart shares no stretch",
      ],
    },
  ],
  27: [
    {
      sabotage: "a sum that is spread over all its range looks well",
      change: [sum("packing"), "far > 0.01 * sum.length", "false"],
      red: [sum("packing.test"), "[27] a sum that wraps around in b − 2 bits is noticed"],
    },
    {
      sabotage: "the coordinator reads a sum that wrapped around",
      change: ["coordinator/round.ts", "if (looksWrapped(sum, delivered.plan.bits)) throw", "if (false) throw"],
      red: ["coordinator/audit-round.test.ts", "[27] a sum that left its range is discarded"],
    },
  ],
  28: [
    {
      sabotage: "certainty at an infinite ε is reckoned with",
      change: [privacy("accountants/pld"), "|| epsilon === Infinity", ""],
      red: [privacy("accountants/pld.test"), "8.28 edges give 0, 1 or infinity, never NaN"],
    },
    {
      sabotage: "no noise costs nothing",
      change: [privacy("accountants/pld"), 'counted === "everything" ||', ""],
      red: [privacy("accountants/pld.test"), "8.28 edges give 0, 1 or infinity, never NaN"],
    },
    {
      sabotage: "the command reckons without noise",
      change: ["coordinator/command/accountant.ts", "if (z === 0) throw", "if (false) throw"],
      red: ["coordinator/command/accountant.test.ts", "8.28 extreme figures get a clear answer"],
    },
  ],
  29: [
    {
      sabotage: "the command counts sampling for participants",
      change: ["coordinator/command/accountant.ts", 'sampled && unit === "participant"', "false"],
      red: ["coordinator/command/accountant.test.ts", "8.29 a user-level ε with sampling is refused as a guarantee"],
    },
    {
      sabotage: "a task may count sampling for participants",
      change: ["shared/task.ts", 'task.privacy.unit === "participant" && task.privacy.sampleRate !== 1', "false"],
      red: ["shared/task-file.test.ts", "8.29 sampling that hides nothing"],
    },
  ],
  30: [
    {
      sabotage: "a seed's mask is the same in every round",
      change: [sum("masks"), "hkdf(seed, context.rosterHash", "hkdf(seed, new Uint8Array(32)"],
      red: [privacy("audit/weaknesses.test"), "8.30 the real masks do not come again"],
    },
    {
      sabotage: "the audit of masks does not mind what comes again",
      change: [privacy("audit/weaknesses"), "if (seen.has(fingerprint)) repeated++;", ""],
      red: [privacy("audit/weaknesses.test"), "8.30 masks from a seed of 32 bits, as in Flower, come again"],
    },
    {
      sabotage: "the sampler is off by half its variance",
      change: [privacy("discrete-gaussian"), "(2n * variance)", "(3n * variance)"],
      red: [privacy("audit/weaknesses.test"), "8.30 a rounded float Gaussian is no discrete Gaussian"],
    },
    {
      sabotage: "the mechanism's audit flags nothing",
      change: [privacy("audit/mechanism"), "flagged: lowerBound > claimed", "flagged: false"],
      red: [privacy("audit/mechanism.test"), "8.30 noise in wrong units, too small by the grid's scale as in Dordis"],
    },
  ],
};
