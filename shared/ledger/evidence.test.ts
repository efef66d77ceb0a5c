import { beforeAll, expect, test } from "vitest";
import { toBase64, toHex } from "../canonical.ts";
import type { LedgerEntry } from "./entries.ts";
import { type Evidence, type EvidenceError, type Seen, verifyEvidence } from "./evidence.ts";
import { evidenceOf, goodHistory, type Log, newLog } from "./testing.ts";

let history: LedgerEntry[];
let log: Log;
const seenAt = async (of: Log, size: number): Promise<Seen> => ({ size, root: toHex(await of.tree.root(size)) });

beforeAll(async () => {
  history = await goodHistory();
  log = await newLog(history);
});

async function expectReason(
  evidence: Evidence,
  reason: EvidenceError["reason"],
  before?: Seen,
  publicKey = log.publicKey,
): Promise<void> {
  await expect(verifyEvidence(evidence, publicKey, before)).rejects.toMatchObject({ name: "EvidenceError", reason });
}

test("every entry is proven at every size of the log, to new readers and to those who have seen less", async () => {
  for (let size = 1; size <= history.length; size++) {
    for (let index = 0; index < size; index++) {
      const from = Math.min(index, size);
      const before = from === 0 ? undefined : await seenAt(log, from);
      const { entry, seen } = await verifyEvidence(await evidenceOf(log, index, size, from), log.publicKey, before);
      expect(entry).toEqual(history[index]);
      expect(seen).toEqual(await seenAt(log, size));
    }
  }
});

test("a fork is detected: another history of the same or a larger size, by the same key", async () => {
  const other = history.map((entry, i) => (i === 4 ? ({ ...entry, noiseMultiplier: 1 } as LedgerEntry) : entry));
  const fork = await newLog(other, log.signer);
  for (const size of [6, 8, 11]) {
    const before = await seenAt(log, 6);
    await expectReason(await evidenceOf(fork, 1, size, 6), "checkpoint-forked", before);
    // The fork's own readers notice nothing: it takes two who compare, or one who has seen both.
    await verifyEvidence(await evidenceOf(fork, 1, size, 6), log.publicKey, await seenAt(fork, 6));
  }
});

test("a log that shrinks is a fork", async () => {
  await expectReason(await evidenceOf(log, 1, 4, 4), "checkpoint-forked", await seenAt(log, 6));
  await expectReason({ ...(await evidenceOf(log, 1, 4, 4)), from: 6 }, "checkpoint-forked", await seenAt(log, 6));
});

test("a proof from another size than the reader's is refused", async () => {
  await expectReason(await evidenceOf(log, 1, 11, 5), "checkpoint-forked", await seenAt(log, 6));
});

test("an entry that is not in the log, or not there, or not canonical, is refused", async () => {
  const good = await evidenceOf(log, 4, 11, 0);
  await expectReason(
    { ...good, leaf: good.leaf.replace('"noiseMultiplier":2', '"noiseMultiplier":3') },
    "not-in-ledger",
  );
  await expectReason({ ...good, leaf: `${good.leaf} ` }, "not-in-ledger");
  await expectReason({ ...good, index: 5 }, "not-in-ledger");
  await expectReason({ ...good, path: good.path.slice(1) }, "not-in-ledger");
  await expectReason({ ...good, path: [toBase64(new Uint8Array(32)), ...good.path.slice(1)] }, "not-in-ledger");
  await expectReason({ ...good, checkpoint: (await evidenceOf(log, 4, 10, 0)).checkpoint }, "not-in-ledger");
});

test("another coordinator's checkpoint proves nothing here", async () => {
  const stranger = await newLog(history);
  await expectReason(await evidenceOf(stranger, 4, 11, 0), "not-in-ledger");
});
