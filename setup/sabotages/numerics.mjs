/** Noise, numbers and what is said of them: attacks 23 to 30. */
import { privacy, reuse, sum } from "./paths.mjs";

export default {
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
    {
      sabotage: "a score that is no number is a hit",
      change: ["shared/recommend/ranking.ts", "!(score < chosen)", "score >= chosen"],
      red: ["shared/recommend/ranking.test.ts", "8.23 a score that is no number is ranked last"],
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
      sabotage: "answers without noise cost nothing",
      change: [privacy("accountants/pld"), "e.noiseMultiplier < Infinity", "e.noiseMultiplier > 0"],
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
      change: ["shared/task-rules.ts", 'task.privacy.unit === "participant" && task.privacy.sampleRate !== 1', "false"],
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
