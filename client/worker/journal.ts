/**
 * What a tab remembers across reloads, and all it remembers: its identity, what it has answered, what that has cost,
 * and the ledger it last saw. No row of data is ever stored.
 */
import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import { fromHex, toHex } from "../../shared/canonical.ts";
import { portionKeyBytes } from "../../shared/data/portions.ts";
import { type Admission, type Budget, type Charge, chargeIn } from "../../shared/privacy/balance.ts";
import { RandomSource } from "../../shared/privacy/random.ts";
import { generateIdentityKeys, type IdentityKeys } from "../../shared/secure-sum/keys.ts";

/** Last verified state of a coordinator's ledger. */
export interface SeenCheckpoint {
  size: number;
  /** Root hash, hex */
  root: string;
}

/** One participant's memory; the tab's is IndexedDB, a test's may be a Map. */
export interface Journal {
  identityKeys(): Promise<IdentityKeys>;
  /** What parts rows for good; see shared/data/portions.ts. Made on first use */
  portionKey(): Promise<Uint8Array>;
  /** The first coordinator key seen at this address is kept; returns the kept one */
  pinCoordinator(key: string): Promise<string>;
  /** Of the pinned coordinator's ledger */
  checkpoint(): Promise<SeenCheckpoint | undefined>;
  saveCheckpoint(seen: SeenCheckpoint): Promise<void>;
  /** True the first time, in whatever tab of this identity; written before it returns */
  claim(step: string): Promise<boolean>;
  /** Of one family of tasks; see `familyOf` */
  charges(family: string): Promise<Charge[]>;
  /** Adds the charge if the budget bears the family's, as one transaction over all tabs; durable before it returns */
  charge(family: string, charge: Charge, budget: Budget): Promise<Admission>;
}

interface Schema extends DBSchema {
  identity: { key: string; value: IdentityKeys };
  pins: { key: string; value: string };
  checkpoints: { key: string; value: SeenCheckpoint };
  claims: { key: string; value: true };
  charges: { key: number; value: Charge & { family: string }; indexes: { family: string } };
}

export async function openJournal(): Promise<Journal> {
  const db = await openDB<Schema>("murmur", 2, {
    async upgrade(db, before, _, tx) {
      if (before < 1) {
        db.createObjectStore("identity");
        db.createObjectStore("pins");
        db.createObjectStore("checkpoints");
        db.createObjectStore("claims");
        db.createObjectStore("charges", { autoIncrement: true });
      }
      const charges = tx.objectStore("charges");
      charges.createIndex("family", "family");
      // Before there were families, a task was counted by itself.
      for (let at = await charges.openCursor(); at; at = await at.continue())
        await at.update({ ...at.value, family: at.value.taskHash });
    },
  });
  // Asks the browser not to clear the balance under storage pressure; it may say no.
  await navigator.storage?.persist?.().catch(() => false);
  return new IndexedDbJournal(db);
}

/** A write has reached the disk when the transaction says so, not the browser's buffer. */
const durable = { durability: "strict" } as const;

/**
 * One tab of this identity at a time. Where a browser has no Web Locks the transaction alone keeps tabs apart, which it
 * does as well: two read-write transactions on one store never overlap.
 */
const exclusively = <T>(work: () => Promise<T>): Promise<T> =>
  "locks" in navigator ? navigator.locks.request("murmur/balance", work) : work();

class IndexedDbJournal implements Journal {
  constructor(private readonly db: IDBPDatabase<Schema>) {}

  async identityKeys(): Promise<IdentityKeys> {
    const fresh = await generateIdentityKeys();
    const tx = this.db.transaction("identity", "readwrite", durable);
    const kept = (await tx.store.get("own")) ?? fresh;
    await tx.store.put(kept, "own");
    await tx.done;
    return kept;
  }

  async portionKey(): Promise<Uint8Array> {
    return fromHex(await this.#pin("portions", toHex(new RandomSource().bytes(portionKeyBytes))));
  }

  pinCoordinator(key: string): Promise<string> {
    return this.#pin("coordinator", key);
  }

  /** The first value ever given under a name */
  async #pin(name: string, value: string): Promise<string> {
    const tx = this.db.transaction("pins", "readwrite", durable);
    const kept = (await tx.store.get(name)) ?? value;
    await tx.store.put(kept, name);
    await tx.done;
    return kept;
  }

  checkpoint(): Promise<SeenCheckpoint | undefined> {
    return this.db.get("checkpoints", "last");
  }

  async saveCheckpoint(seen: SeenCheckpoint): Promise<void> {
    await this.db.put("checkpoints", seen, "last");
  }

  async claim(step: string): Promise<boolean> {
    // Outlives a crash of the tab or the browser; a power cut outlasts the round by itself.
    const tx = this.db.transaction("claims", "readwrite");
    const before = await tx.store.get(step);
    if (!before) await tx.store.put(true, step);
    await tx.done;
    return before === undefined;
  }

  charges(family: string): Promise<Charge[]> {
    return this.db.getAllFromIndex("charges", "family", family);
  }

  charge(family: string, charge: Charge, budget: Budget): Promise<Admission> {
    return exclusively(async () => {
      const tx = this.db.transaction("charges", "readwrite", durable);
      const store = {
        all: () => tx.store.index("family").getAll(family),
        add: async (added: Charge) => void (await tx.store.add({ ...added, family })),
      };
      const answer = await chargeIn(store, charge, budget);
      await tx.done;
      return answer;
    });
  }
}
