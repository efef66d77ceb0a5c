/** Members that lie: attacks 13 to 18. */
import { coordinator, fleet, masked, members, ready, shares, sum, unmask } from "./paths.mjs";

export default {
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
};
