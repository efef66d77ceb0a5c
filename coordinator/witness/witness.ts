/** `murmur witness`: a process of somebody else's, which signs one model, one roster and one result a round and remembers that it did. */
import { io, type Socket } from "socket.io-client";
import { toHex } from "../../shared/canonical.ts";
import type { Announcement } from "../../shared/round/0-announce.ts";
import type { Roster } from "../../shared/round/1-roster.ts";
import type { Result } from "../../shared/round/5-result.ts";
import type { Signed } from "../../shared/round/signed.ts";
import { seeAnnouncement, seeResult, seeRoster, WitnessRefusal } from "../../shared/round/witness.ts";
import { signAsWitness, type WitnessedKind } from "../../shared/round/witnessed.ts";
import type { Identity } from "../../shared/secure-sum/keys.ts";
import {
  type CoordinatorToWitness,
  type WitnessReply,
  type WitnessToCoordinator,
  witnessChallengeText,
} from "../../shared/wire.ts";
import { signingIdentity } from "../store/keys.ts";
import { WitnessLog } from "./log.ts";

export class Witness {
  /** One decision at a time: what was written for one message is seen by the next. */
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly identity: Identity,
    private readonly log: WitnessLog,
  ) {}

  /** @param dataDir its key and its log @throws InputError */
  static async open(dataDir: string): Promise<Witness> {
    const log = new WitnessLog(dataDir);
    try {
      return new Witness(await signingIdentity(dataDir, "witness"), log);
    } catch (error) {
      log.close();
      throw error;
    }
  }

  /** As tasks name it, hex */
  get publicKey(): string {
    return toHex(this.identity.publicKey);
  }

  /** Signs, or says why not; what it signs is on the disk first. */
  answer(kind: WitnessedKind, message: Signed<unknown>, coordinatorKey: string): Promise<WitnessReply> {
    const answer = this.#queue.then(async (): Promise<WitnessReply> => {
      const pinned = this.log.coordinatorKey ?? coordinatorKey;
      try {
        const { last, sighting } = await this.#see(kind, message, pinned);
        // The same once more, after a broken connection, is nothing new.
        if (JSON.stringify(sighting) !== JSON.stringify(last)) this.log.append({ ...sighting, coordinatorKey: pinned });
      } catch (error) {
        if (error instanceof WitnessRefusal) return { refused: error.reason };
        throw error;
      }
      return { signature: await signAsWitness(kind, message, this.identity) };
    });
    this.#queue = answer.catch(() => {});
    return answer;
  }

  async #see(kind: WitnessedKind, message: Signed<unknown>, coordinatorKey: string) {
    if (kind === "announcement") {
      const announcement = message as Signed<Announcement>;
      const { taskHash, run } = announcement.body;
      const last = this.log.lastOf(taskHash);
      return {
        last,
        sighting: await seeAnnouncement(last, announcement, coordinatorKey, this.log.hasRun(taskHash, run)),
      };
    }
    const about = message as Signed<Roster | Result>;
    const last = this.log.lastWith(about.body.announcementHash);
    const sighting =
      kind === "roster"
        ? await seeRoster(last, about as Signed<Roster>, coordinatorKey)
        : await seeResult(last, about as Signed<Result>, coordinatorKey);
    return { last, sighting };
  }

  /**
   * Serves the coordinator at this address until `close`.
   * @param onAnswer told of every answer
   */
  serve(url: string, onAnswer: (kind: WitnessedKind, reply: WitnessReply) => void): Socket {
    const socket: Socket<CoordinatorToWitness, WitnessToCoordinator> = io(`${url}/witness`, {
      transports: ["websocket"],
    });
    let coordinatorKey: string | undefined;
    socket.on("challenge", async (nonce) => {
      const signature = toHex(await this.identity.sign(witnessChallengeText(nonce)));
      socket.emit("hello", { witness: this.publicKey, signature }, (answer) => {
        coordinatorKey = answer?.coordinatorKey;
      });
    });
    const on = (kind: WitnessedKind) => (message: Signed<unknown>, reply: (answer: WitnessReply) => void) => {
      if (coordinatorKey === undefined) return;
      this.answer(kind, message, coordinatorKey).then(
        (answer) => {
          onAnswer(kind, answer);
          reply(answer);
        },
        // A message without the parts it should have, or a disk that is full: no signature.
        () => reply({ refused: "failed" }),
      );
    };
    socket.on("announcement", on("announcement"));
    socket.on("roster", on("roster"));
    socket.on("result", on("result"));
    return socket as unknown as Socket;
  }

  close(): void {
    this.log.close();
  }
}
