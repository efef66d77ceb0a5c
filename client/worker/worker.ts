/** The tab's worker: the only place where data, keys and the adapter meet. The page sees snapshots. */

import * as Comlink from "comlink";
import { io } from "socket.io-client";
import { requestDevice } from "../../kernels/device.ts";
import { toHex } from "../../shared/canonical.ts";
import { isWeakCohort } from "../../shared/cohort.ts";
import { InputError, invariant } from "../../shared/errors.ts";
import type { ExplainMethod } from "../../shared/explain/explain.ts";
import type { ProofFile } from "../../shared/ledger/proof.ts";
import type { ModelFile } from "../../shared/model-file.ts";
import { type Plan, wholeRun } from "../../shared/plan.ts";
import { epsilonOf } from "../../shared/privacy/accountants/rdp.ts";
import { familyOf } from "../../shared/privacy/balance.ts";
import { checkEntropy, RandomSource } from "../../shared/privacy/random.ts";
import type { Catalogue } from "../../shared/recommend/catalogue.ts";
import { isSpent, spentOn } from "../../shared/spent.ts";
import type { Task } from "../../shared/task.ts";
import type { EncoderFile } from "../../shared/text/encoder-file.ts";
import type { Chosen, Gathered } from "../data/gather.ts";
import type { Answerer } from "./answerer.ts";
import { Duty } from "./duty.ts";
import { type Journal, openJournal } from "./journal.ts";
import { type OwnData, readOwnData, TooFewRows, unnamedColumns, withNames } from "./own-data.ts";
import { Session, type SessionEvents } from "./session.ts";
import type { OwnRow, Resting, Seen, TabSnapshot, TabWorker, Tried } from "./snapshot.ts";
import { countTraffic } from "./traffic.ts";

/** As many as Answerer lets see */
const shownIntegers = 12;
const shownBytes = 128;
/** The page is told of changes at most this often, ms. */
const showEveryMs = 200;

/** The page's word for what went wrong, by what the error says. */
const refusals: readonly (readonly [RegExp, string])[] = [
  [/adapter lost/i, "adapter-lost"],
  [/not finite/i, "not-finite"],
  [/^(named file|encoder|catalogue)/, "no-encoder"],
  // Chrome and Firefox, and Safari, of a part of the page that is loaded when needed and does not come.
  [/dynamically imported module|module script failed/i, "no-script"],
];

type Joined = Parameters<SessionEvents["onWelcome"]>[0];

class Worker implements TabWorker {
  #snapshot: TabSnapshot = {
    state: "connecting",
    roundsDone: 0,
    roundsPlanned: 0,
    sent: [],
    bytesSent: 0,
    traffic: {},
    online: false,
  };
  #show: (snapshot: TabSnapshot) => void = () => {};
  #shown: ReturnType<typeof setTimeout> | undefined;
  #random = new RandomSource();
  #journal: Journal | undefined;
  #portionKey: Uint8Array | undefined;
  #session: Session | undefined;
  #task: Task | undefined;
  #plan: Plan | undefined;
  #taskHash = "";
  #own: OwnData | undefined;
  #encoder: Promise<EncoderFile> | undefined;
  #catalogue: Promise<Catalogue> | undefined;
  #answerer: Promise<Answerer> | undefined;
  #device: GPUDevice | undefined;
  #model: ModelFile | undefined;
  #proof: ProofFile | undefined;
  #url = "";
  #sample = "";
  #duty = new Duty();
  #unnamed: Gathered | undefined;
  #lastBytes: Uint8Array<ArrayBuffer> | undefined;
  /** When the first round this tab was asked began, ms */
  #began: number | undefined;

  async start(
    options: { url: string; run: string; invite: string },
    onSnapshot: (snapshot: TabSnapshot) => void,
  ): Promise<void> {
    this.#show = onSnapshot;
    this.#update({});
    try {
      checkEntropy(this.#random);
    } catch {
      return this.#refuse("failed", "entropy-failed");
    }
    try {
      const { device, description } = await requestDevice(navigator.gpu);
      this.#device = device;
      this.#update({ adapter: description });
    } catch {
      return this.#refuse("failed", "no-webgpu");
    }
    try {
      this.#journal = await openJournal();
      this.#portionKey = await this.#journal.portionKey();
    } catch {
      return this.#refuse("failed", "storage-unavailable");
    }
    this.#url = options.url;
    this.#sample = `${options.url}/api/sample/${options.run}`;
    void fetch(this.#sample, { method: "HEAD" }).then(
      ({ ok }) => this.#update({ hasSample: ok }),
      () => {},
    );
    await this.#connect(options).catch((error: unknown) => this.#fail(error));
  }

  async #connect({ url, run, invite }: { url: string; run: string; invite: string }): Promise<void> {
    const journal = this.#journal!;
    const identity = await Session.identity(journal);
    // Only now, and nothing awaited until the session listens: the coordinator speaks first.
    const socket = io(`${url}/tab`, { transports: ["websocket"] });
    countTraffic(socket, (traffic) => this.#update({ traffic }));
    socket.on("connect_error", () => this.#update({ online: false, unreachable: true }));
    this.#session = new Session(
      socket,
      run,
      invite,
      identity,
      journal,
      async (...asked) => {
        const answerer = await this.#answerer!;
        return this.#duty.during(() => answerer.answer(...asked));
      },
      {
        onWelcome: (joined) => void this.#welcome(joined),
        onPhase: (phase, { round, question, cohort }) => {
          if (phase === "announce") this.#forget("refusal");
          this.#began ??= performance.now();
          const state = phase === "announce" ? "computing" : phase === "result" ? "waiting" : "summing";
          this.#update({ state, round: { round, question, phase, cohort } });
        },
        onSent: async ({ facts, masked, payload, cohort, bits, sha256, epsilonAfter }) => {
          const bytes = payload.length;
          const head = Array.from(masked.subarray(0, shownIntegers));
          this.#lastBytes = payload;
          const sent = {
            round: facts.round,
            question: facts.question,
            at: new Date().toISOString(),
            bytes,
            dimension: masked.length,
            bits,
            head,
            bytesHead: Array.from(payload.subarray(0, shownBytes)),
            sha256,
            epsilonAfter,
          };
          this.#update({ sent: [...this.#snapshot.sent, sent], bytesSent: this.#snapshot.bytesSent + bytes });
          void this.#showBalance();
          const { round, question } = facts;
          const { glimpse } = await this.#answerer!;
          if (glimpse)
            this.#update({
              glimpse: { ...glimpse, round, question, masked: head, bits, dimension: masked.length, cohort },
            });
        },
        onResult: () => {
          const roundsDone = this.#snapshot.roundsDone + 1;
          const each = (performance.now() - this.#began!) / 1000 / roundsDone;
          this.#update({ roundsDone, secondsLeft: each * Math.max(0, this.#snapshot.roundsPlanned - roundsDone) });
        },
        onCheckpoint: (checkpoint, proof) => {
          this.#proof = proof;
          this.#update({ checkpoint });
        },
        onDecline: ({ reason, details }, final) =>
          final
            ? this.#refuse("declined", reason, details)
            : this.#update({
                ...(this.#answerer && { state: "waiting" }),
                refusal: { code: reason, details },
              }),
        // A round may end without this tab: whoever has not consented is still looking at their data.
        onAbort: () => this.#answerer && this.#update({ state: "waiting" }),
        onRefused: (reason) => this.#refuse("failed", reason),
        onEnded: (_state, _reason, model) => {
          this.#model = model;
          const asked = model?.text
            ? { triable: true }
            : model?.images
              ? { lookable: true }
              : model?.items
                ? { recommends: true }
                : model && this.#own && "positive" in model.label && { explainable: this.#own.rows.count };
          this.#update({ state: "finished", ...asked });
          this.#session?.leave();
        },
        onOnline: (online) => this.#update({ online, unreachable: !online }),
        onFailure: (error) => this.#fail(error),
      },
    );
  }

  async #welcome({ task, taskHash, plan, roundsPlanned }: Joined): Promise<void> {
    this.#task = task;
    this.#plan = plan;
    this.#taskHash = taskHash;
    const { encoder } = task.model;
    const { items } = task.data;
    // While the person reads and chooses.
    if (encoder && this.#encoder === undefined) {
      this.#encoder = this.#readEncoder(encoder.sha256);
      this.#encoder.catch((error: unknown) => this.#fail(error));
    }
    if (items && this.#catalogue === undefined) {
      this.#catalogue = this.#readCatalogue(items);
      this.#catalogue.catch((error: unknown) => this.#fail(error));
    }
    this.#update({ state: "choosing", task, taskHash, roundsPlanned, weakCohort: isWeakCohort(task) });
    await this.#showBalance();
    const charges = await this.#journal!.charges(familyOf(task, taskHash));
    if (isSpent({ task, taskHash, plan }, charges)) this.#refuse("declined", "budget-spent");
  }

  async #readEncoder(sha256: string): Promise<EncoderFile> {
    const { readEncoderFile } = await import("../../shared/text/encoder-file.ts");
    return readEncoderFile(await this.#fetch(sha256));
  }

  async #readCatalogue(items: NonNullable<Task["data"]["items"]>): Promise<Catalogue> {
    const { readCatalogue } = await import("../../shared/recommend/catalogue.ts");
    return readCatalogue(await this.#fetch(items.sha256), items);
  }

  async #fetch(sha256: string): Promise<Uint8Array<ArrayBuffer>> {
    const { fetchNamed } = await import("../data/named-file.ts");
    return fetchNamed(this.#url, sha256, (loaded, total) => this.#update({ encoder: { loaded, total } }));
  }

  async #showBalance(): Promise<void> {
    const task = this.#task!;
    const { epsilon, delta, unit, sampleRate } = task.privacy;
    const terms = { delta, unit, relation: "add-remove" } as const;
    const charges = await this.#journal!.charges(familyOf(task, this.#taskHash));
    const noiseMultiplier = this.#plan!.noiseMultiplier.train;
    this.#update({
      balance: {
        spent: spentOn(task, charges, this.#plan!),
        budget: { ...terms, epsilon, ...wholeRun(task, this.#plan!) },
        thisRound: epsilonOf([{ noiseMultiplier, sampleRate, count: 1 }], delta),
      },
    });
  }

  async chooseFiles(chosen: Chosen[]): Promise<void> {
    await this.#read(async () => {
      const { gather } = await import("../data/gather.ts");
      return gather(chosen, this.#task!);
    });
  }

  async chooseSample(): Promise<void> {
    const text = await fetch(this.#sample)
      .then((answer) => (answer.ok ? answer.text() : undefined))
      .catch(() => undefined);
    if (text === undefined) return this.#refuse("choosing", "no-sample");
    await this.#read(async () => {
      const { parseFile } = await import("../data/read.ts");
      return { fileName: "sample.csv", table: parseFile(text, this.#task!), images: new Map() };
    });
  }

  /** What is wrong with a file is said, and another may be chosen; nothing of it is kept. */
  async #read(found: () => Promise<Gathered>): Promise<void> {
    this.#forget("columns");
    await this.#orRefuse(async () => {
      const gathered = await found();
      const match = unnamedColumns(gathered, this.#task!);
      if (!match) return this.#take(gathered);
      this.#unnamed = gathered;
      this.#forget("refusal");
      this.#update({ columns: match });
    });
  }

  async nameColumns(named: Record<string, string>): Promise<void> {
    if (!this.#unnamed) return;
    const unnamed = this.#unnamed;
    this.#unnamed = undefined;
    this.#forget("columns");
    await this.#orRefuse(() => this.#take(withNames(unnamed, named)));
  }

  async #orRefuse(read: () => Promise<void>): Promise<void> {
    try {
      await read();
    } catch (error) {
      if (error instanceof TooFewRows) {
        this.#refuse("choosing", "too-few-rows", { rows: error.rows, minimum: error.minimum });
        return;
      }
      if (!(error instanceof InputError)) {
        this.#fail(error);
        return;
      }
      const code = error.problem.includes("column the task needs") ? "missing-column" : "bad-file";
      this.#refuse("choosing", code, { column: error.field, problem: error.problem, fix: error.fix });
    }
  }

  async #take(gathered: Gathered): Promise<void> {
    const onDecoding = (done: number, total: number) => this.#update({ decoding: { done, total } });
    try {
      this.#own = await readOwnData(this.#task!, gathered, this.#portionKey!, await this.#catalogue, onDecoding);
    } finally {
      this.#forget("decoding");
    }
    this.#forget("refusal");
    this.#update({ state: "consenting", data: this.#own.summary });
  }

  async rest(reason: Resting | undefined): Promise<void> {
    const before = this.#snapshot.resting;
    if (reason === before) return;
    if (reason === undefined) this.#forget("resting");
    this.#update(reason === undefined ? {} : { resting: reason });
    if (reason === undefined) this.#session?.wake();
    else if (before === undefined) this.#session?.rest();
  }

  async pace(share: number): Promise<void> {
    this.#duty.share = share;
  }

  async lastBytes(): Promise<Uint8Array | undefined> {
    return this.#lastBytes;
  }

  async consent(): Promise<void> {
    this.#answerer ??= this.#openAnswerer();
    this.#answerer.catch((error: unknown) => this.#fail(error));
    this.#update({ state: "waiting" });
    // Wished for before there was anything to rest from.
    if (this.#snapshot.resting !== undefined) this.#session!.rest();
    this.#session!.consent();
  }

  async #openAnswerer(): Promise<Answerer> {
    const file = await this.#encoder;
    const catalogue = await this.#catalogue;
    const { Answerer } = await import("./answerer.ts");
    return Answerer.create(() => this.#openDevice(), this.#task!, this.#own!.rows, this.#own!.portions, this.#random, {
      ...(file && { file, onProgress: (texts) => this.#update({ encoder: { ...this.#snapshot.encoder!, texts } }) }),
      ...(catalogue && { catalogue }),
    });
  }

  async tryText(text: string): Promise<Tried> {
    invariant(this.#model && this.#answerer, "there is a model to try");
    const { tryText } = await import("./try-text.ts");
    return tryText(this.#model, await this.#answerer, text);
  }

  async tryImage(cell: string): Promise<Seen> {
    invariant(this.#model && this.#answerer, "there is a model to try");
    const { tryImage } = await import("./try-image.ts");
    return tryImage(this.#model, await this.#answerer, cell);
  }

  async recommend(): Promise<string[]> {
    invariant(this.#model && this.#own && this.#answerer && this.#catalogue, "there is a model that recommends");
    const { recommend } = await import("./recommend.ts");
    return recommend(this.#model, await this.#answerer, this.#own.rows, await this.#catalogue);
  }

  async explain(row: number, method: ExplainMethod): Promise<OwnRow> {
    const [model, rows] = [this.#model, this.#own?.rows];
    invariant(model && rows && row >= 1 && row <= rows.count, "a row of the tab's own, and a model to explain it by");
    const { explainOwnRow } = await import("./own-row.ts");
    const answerer = await this.#answerer!;
    return explainOwnRow(model, rows, row, method, (parameters) => (inputs) => answerer.score(parameters, inputs));
  }

  async held(): Promise<Awaited<ReturnType<TabWorker["held"]>>> {
    const task = this.#task!;
    const { publicKey } = await Session.identity(this.#journal!);
    const held = {
      identity: toHex(publicKey),
      task: task.name,
      taskHash: this.#taskHash,
      charges: await this.#journal!.charges(familyOf(task, this.#taskHash)),
      checkpoint: await this.#journal!.checkpoint(),
      sent: this.#snapshot.sent,
    };
    return { held, proof: this.#proof };
  }

  /** The one whose name is shown; once it is lost, another. */
  async #openDevice(): Promise<GPUDevice> {
    const first = this.#device;
    this.#device = undefined;
    return first ?? (await requestDevice(navigator.gpu)).device;
  }

  async leave(): Promise<void> {
    this.#update({ state: "left" });
    await this.#session?.withdraw();
  }

  #fail(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    const code = refusals.find(([said]) => said.test(reason))?.[1] ?? "protocol-error";
    this.#refuse("failed", code, { reason });
  }

  #refuse(state: TabSnapshot["state"], code: string, details: Record<string, string | number> = {}): void {
    if (state === "failed" || state === "declined") this.#session?.leave();
    this.#update({ state, refusal: { code, details } });
  }

  /** What is no more: a refusal of another file or round, columns that are named, a rest that is over. */
  #forget(what: "refusal" | "columns" | "resting" | "decoding"): void {
    const { [what]: _, ...snapshot } = this.#snapshot;
    this.#snapshot = snapshot;
  }

  #update(change: Partial<TabSnapshot>): void {
    // The end is the end: what still comes in does not bring a tab back.
    const over = ["finished", "left", "declined", "failed"].includes(this.#snapshot.state);
    const { state, ...rest } = change;
    this.#snapshot = { ...this.#snapshot, ...rest, ...(state && !over ? { state } : {}) };
    if (this.#shown) return;
    // A round has a dozen changes; drawing each would take more of the machine than the training.
    this.#shown = setTimeout(() => {
      this.#shown = undefined;
      this.#show(this.#snapshot);
    }, showEveryMs);
  }
}

Comlink.expose(new Worker());
