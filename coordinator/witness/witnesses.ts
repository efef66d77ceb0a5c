/** The coordinator's side of its independent witnesses: who is connected, and their signatures when a task needs them. */
import { Abort } from "../../shared/round/reasons.ts";
import type { Signed } from "../../shared/round/signed.ts";
import { isWitnessed, type Witnessed, type WitnessedKind } from "../../shared/round/witnessed.ts";
import type { WitnessReply } from "../../shared/wire.ts";

/** Asks one witness to sign; rejects when its connection breaks or is silent. */
export type AskWitness = (kind: WitnessedKind, message: Signed<unknown>) => Promise<WitnessReply>;

export class Witnesses {
  readonly #connected = new Map<string, AskWitness>();
  readonly #waiting = new Set<() => void>();

  /** @param patienceMs how long a question waits for a witness that is not connected */
  constructor(private readonly patienceMs = 60_000) {}

  /** @param witness its public key, hex, proven by signature @returns how to forget it again */
  enter(witness: string, ask: AskWitness): () => void {
    this.#connected.set(witness, ask);
    for (const wake of [...this.#waiting]) wake();
    return () => {
      if (this.#connected.get(witness) === ask) this.#connected.delete(witness);
    };
  }

  /**
   * The message with the signatures of all `keys`, each of them verified: tabs would decline anything less for good.
   * @throws Abort when a witness is away for too long, or does not sign
   */
  async sign<Body>(
    keys: readonly string[] | undefined,
    kind: WitnessedKind,
    message: Signed<Body>,
  ): Promise<Witnessed<Body>> {
    if (!keys) return message;
    const witnesses = await Promise.all(
      keys.map(async (witness) => {
        const ask = await this.#presence(witness);
        const reply = await ask?.(kind, message).catch(() => undefined);
        if (!reply || !("signature" in reply) || !(await isWitnessed(kind, message, witness, reply.signature)))
          throw new Abort("witness-missing");
        return reply.signature;
      }),
    );
    return { ...message, witnesses };
  }

  async #presence(witness: string): Promise<AskWitness | undefined> {
    const late = Date.now() + this.patienceMs;
    while (!this.#connected.has(witness) && Date.now() < late) {
      await new Promise<void>((resolve) => {
        const wake = () => {
          clearTimeout(timer);
          this.#waiting.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, late - Date.now());
        this.#waiting.add(wake);
      });
    }
    return this.#connected.get(witness);
  }
}
