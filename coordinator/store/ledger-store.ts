/** The ledger as it is kept: leaves in the database, the tree in memory, a signed checkpoint over what is committed. */
import { toBase64, toHex } from "../../shared/canonical.ts";
import { InputError, invariant } from "../../shared/errors.ts";
import { signCheckpoint } from "../../shared/ledger/checkpoint.ts";
import { entryBytes, type LedgerEntry, parseEntry } from "../../shared/ledger/entries.ts";
import type { Evidence } from "../../shared/ledger/evidence.ts";
import type { LedgerFile } from "../../shared/ledger/file.ts";
import type { Inclusion, ProofFile } from "../../shared/ledger/proof.ts";
import { entryBundle, hashTile, parseTilePath, tileWidth, verifierKey } from "../../shared/ledger/tiles.ts";
import { leafHash, MerkleTree } from "../../shared/ledger/tree.ts";
import type { Identity } from "../../shared/secure-sum/keys.ts";
import type { Leader } from "./leader.ts";
import type { Database, Tx } from "./schema.ts";

const text = new TextDecoder();
const bytes = new TextEncoder();

export class Ledger {
  readonly #tree = new MerkleTree();
  /** Writers take turns: an entry's place is known only when the one before it is committed. */
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly leader: Leader,
    private readonly signer: Identity,
  ) {}

  /** @throws InputError when this ledger was begun under another key: tabs would take the new signatures for a forgery */
  static async open(leader: Leader, signer: Identity): Promise<Ledger> {
    const { db } = leader;
    const ledger = new Ledger(leader, signer);
    const own = toHex(signer.publicKey);
    const { coordinator_key } = await db.selectFrom("leader").select("coordinator_key").executeTakeFirstOrThrow();
    if (coordinator_key === null)
      await leader.write(async (tx) => {
        await tx.updateTable("leader").set({ coordinator_key: own }).execute();
      });
    else Ledger.expectKey(coordinator_key, own);
    const leaves = await db.selectFrom("ledger_leaf").select(["position", "body"]).orderBy("position").execute();
    for (const [i, leaf] of leaves.entries()) {
      invariant(leaf.position === i, "the ledger has no hole");
      ledger.#tree.push(await leafHash(bytes.encode(leaf.body)));
    }
    return ledger;
  }

  /** @throws InputError when the ledger is signed by another key than our own, both hex */
  static expectKey(signing: string, own: string): void {
    if (signing === own) return;
    throw new InputError(
      "coordinator.key",
      `is not the key that signed this ledger (${signing.slice(0, 16)}…)`,
      "Put that coordinator's key into the data folder, or use another database.",
    );
  }

  get #db(): Database {
    return this.leader.db;
  }

  get size(): number {
    return this.#tree.size;
  }

  /**
   * Commits entries together with whatever else `work` does in the transaction: all of it, or nothing. The tree grows
   * only after the commit.
   * @returns place of the first entry
   */
  append(entries: LedgerEntry[], work: (tx: Tx, first: number) => Promise<void> = async () => {}): Promise<number> {
    const turn = this.#turn.then(async () => {
      const first = this.#tree.size;
      const leaves = entries.map(entryBytes);
      await this.leader.write(async (tx) => {
        for (const [i, leaf] of leaves.entries()) {
          await tx
            .insertInto("ledger_leaf")
            .values({ position: first + i, body: text.decode(leaf) })
            .execute();
        }
        await work(tx, first);
      });
      for (const leaf of leaves) this.#tree.push(await leafHash(leaf));
      return first;
    });
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async checkpoint(size = this.size): Promise<string> {
    return signCheckpoint({ size, root: await this.#tree.root(size) }, this.signer.publicKey, this.signer);
  }

  /** Proof that entry `index` is in the ledger as it stands, and that the ledger extends the one of size `from`. */
  async evidence(index: number, from: number): Promise<Evidence & { size: number }> {
    const size = this.size;
    const known = Math.min(from, size);
    const consistency = (await this.#tree.consistency(known, size)).map(toBase64);
    return { size, ...(await this.#inclusion(index, size)), from: known, consistency };
  }

  /** The same for entry `index` alone, as a file that anyone can check offline. */
  async proof(index: number): Promise<ProofFile> {
    return { publicKey: toHex(this.signer.publicKey), ...(await this.#inclusion(index, this.size)) };
  }

  async #inclusion(index: number, size: number): Promise<Inclusion> {
    const { body } = await this.#db
      .selectFrom("ledger_leaf")
      .select("body")
      .where("position", "=", index)
      .executeTakeFirstOrThrow();
    const path = (await this.#tree.inclusion(index, size)).map(toBase64);
    return { checkpoint: await this.checkpoint(size), leaf: body, index, path };
  }

  /** One of the log's static files (tiles.ts); undefined where there is none */
  async file(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (path === "checkpoint") return bytes.encode(await this.checkpoint());
    if (path === "vkey") return bytes.encode(`${await verifierKey(this.signer.publicKey)}\n`);
    const tile = parseTilePath(path);
    if (!tile) return undefined;
    if (tile.level !== "entries") return hashTile(this.#tree, tile);
    const first = tile.index * tileWidth;
    if (first + tile.width > this.size) return undefined;
    const leaves = await this.#db
      .selectFrom("ledger_leaf")
      .select("body")
      .where("position", ">=", first)
      .where("position", "<", first + tile.width)
      .orderBy("position")
      .execute();
    return entryBundle(leaves.map((leaf) => bytes.encode(leaf.body)));
  }

  /** All that is said of one run, in its order. */
  async entriesOf(run: string): Promise<LedgerEntry[]> {
    const leaves = await this.#db
      .selectFrom("ledger_leaf")
      .select("body")
      .where("body", "like", `%"run":${JSON.stringify(run)}%`)
      .orderBy("position")
      .execute();
    return leaves.flatMap(({ body }) => parseEntry(body) ?? []).filter((entry) => entry.run === run);
  }

  /** The whole ledger as a file that anyone can check offline. */
  async export(): Promise<LedgerFile> {
    const size = this.size;
    const leaves = await this.#db
      .selectFrom("ledger_leaf")
      .select("body")
      .where("position", "<", size)
      .orderBy("position")
      .execute();
    return {
      publicKey: toHex(this.signer.publicKey),
      checkpoint: await this.checkpoint(size),
      leaves: leaves.map((leaf) => leaf.body),
    };
  }
}
