/**
 * A member of cohorts, whatever carries its messages: it answers each of the coordinator's messages of a round with its own. It
 * verifies what secures the sum, and not what a tab checks of task, model and ledger.
 */
import type { RoundPlan } from "../../shared/plan.ts";
import type { Noised } from "../../shared/privacy/stages.ts";
import { announcementHash } from "../../shared/round/0-announce.ts";
import { type Joined, offerKeys } from "../../shared/round/1-ready.ts";
import { type NoncesMessage, openGraph, openRoster, type Rostered } from "../../shared/round/1-roster.ts";
import { openDelivery, type Shared, shareSecrets } from "../../shared/round/2-shares.ts";
import { maskAnswer, pieceLength, type Uploaded } from "../../shared/round/3-masked.ts";
import { type Agreed, agreeToSurvivors, revealShares } from "../../shared/round/4-unmask.ts";
import type { ParticipantEnv, RoundFacts } from "../../shared/round/round.ts";
import type { AnnounceMessage, CoordinatorToTab } from "../../shared/wire.ts";
import { drawOnce } from "./shared-work.ts";

type Message<Event extends keyof CoordinatorToTab> = Parameters<CoordinatorToTab[Event]>[0];

export type MemberEvent = "announce" | "roster" | "nonces" | "offers" | "delivery" | "survivors" | "agreements";

export class Member {
  facts!: RoundFacts;
  /** Bytes of the last vector, packed */
  vectorBytes = 0;
  #joined!: Joined;
  #rostered: Rostered | undefined;
  #nonces: NoncesMessage | undefined;
  #shared!: Shared;
  #uploaded!: Uploaded;
  #agreed!: Agreed;

  /**
   * @param answer what it answers, noise included, once its share of the noise is known
   * @param send resolves when the coordinator has taken the message, rejects when it has not
   */
  constructor(
    private readonly env: ParticipantEnv,
    private readonly answer: (facts: RoundFacts, plan: RoundPlan) => Noised | Promise<Noised>,
    private readonly send: (event: string, message: unknown) => Promise<void>,
  ) {}

  async announce({ announcement }: Pick<AnnounceMessage, "announcement">): Promise<void> {
    const { round, attempt, question } = announcement.body;
    const hash = await announcementHash(announcement.body);
    this.facts = { round, attempt, question: question.kind, announcementHash: hash };
    this.#joined = await offerKeys(this.env, this.facts);
    await this.send("ready", this.#joined.offer);
  }

  async roster(message: Message<"roster">): Promise<void> {
    const opened = await openRoster(this.env, this.#joined, message);
    this.#rostered = opened.state;
    await this.send("nonce", opened.message);
  }

  async nonces({ nonces, openings }: Message<"nonces">): Promise<void> {
    this.#nonces = { nonces, openings: new Uint8Array(openings) };
  }

  async offers(bytes: Message<"offers">): Promise<void> {
    const neighbour = await openGraph(this.env, this.#rostered!, this.#nonces!, new Uint8Array(bytes), drawOnce);
    const made = await shareSecrets(this.env, neighbour);
    this.#shared = made.state;
    this.#rostered = undefined;
    this.#nonces = undefined;
    await this.send("shares", made.message);
  }

  async delivery(message: Message<"delivery">): Promise<void> {
    const boxes = new Uint8Array(message.boxes);
    const entrusted = await openDelivery(this.env, this.#shared, { ...message, boxes });
    const made = await maskAnswer(this.env, entrusted, await this.answer(this.facts, entrusted.plan));
    this.#uploaded = made.state;
    await this.send("masked", made.message.header);
    const { payload } = made.message;
    this.vectorBytes = payload.length;
    const length = pieceLength(entrusted.plan.bits);
    for (let at = 0; at < payload.length; at += length) await this.send("piece", payload.slice(at, at + length));
  }

  async survivors(message: Message<"survivors">): Promise<void> {
    const made = await agreeToSurvivors(this.env, this.#uploaded, message);
    this.#agreed = made.state;
    await this.send("agreement", made.message);
  }

  async agreements(message: Message<"agreements">): Promise<void> {
    const signatures = new Uint8Array(message.signatures);
    await this.send("unmask", await revealShares(this.env, this.#agreed, { ...message, signatures }));
  }
}
