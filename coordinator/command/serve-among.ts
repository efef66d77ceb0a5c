/**
 * `murmur serve --redis-url`: one of several processes that are one coordinator. All of them serve pages and sockets; the one
 * that has the database's lock leads, the others hand on to it, and when it ends another takes over.
 */
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { getRequestListener } from "@hono/node-server";
import { toHex } from "../../shared/canonical.ts";
import { Coordinator } from "../coordinator.ts";
import { apiApp, type Front, httpApp, relayApp } from "../http.ts";
import { LabJobs } from "../lab-jobs.ts";
import { defaultLimits, Limits } from "../limits.ts";
import { createLog } from "../log.ts";
import { Metrics } from "../metrics.ts";
import { Channel } from "../peers/channel.ts";
import { Following } from "../peers/following.ts";
import { Leading } from "../peers/leading.ts";
import type { ToFollower, ToLeader } from "../peers/messages.ts";
import { PartialSums } from "../peers/partial-sums.ts";
import { Presence } from "../peers/presence.ts";
import { Seal } from "../peers/seal.ts";
import { defaultDeadlines } from "../round.ts";
import { attachSockets, type Host, hangUp } from "../sockets.ts";
import { accessKey, coordinatorIdentity } from "../store/keys.ts";
import { Ledger } from "../store/ledger-store.ts";
import { readPostgres } from "../store/postgres.ts";
import { openTracing } from "../tracing/tracer.ts";
import { httpServer, listen, type ServeOptions, type Server, servedPages } from "./serve.ts";

/** How long Redis may take to say that it is there, ms */
const redisPatienceMs = 2_000;

/** `leads` resolves when this process leads. */
export type PeerServer = Omit<Server, "coordinator"> & { leads: Promise<Coordinator> };

/**
 * @param options.redis redis://user:password@host:port/number
 * @throws InputError when a server refuses, the port is taken, or the folder's key is not the one that signs the ledger
 */
export async function serveAmong(
  options: ServeOptions & { postgres: { url: string }; redis: string },
): Promise<PeerServer> {
  const { dataDir, postgres, redis, deadlines = defaultDeadlines } = options;
  const log = createLog();
  const http = httpServer(options.tls);
  const { pages, hash } = await servedPages(dataDir);
  const publicKey = toHex((await coordinatorIdentity(dataDir)).publicKey);
  const keys = { operator: accessKey(dataDir, "operator"), researcher: accessKey(dataDir, "researcher") };
  const limits = new Limits({ ...defaultLimits, ...options.limits });
  const lab = new LabJobs(join(dataDir, "lab"));
  const onError = (error: unknown) => log.error({ err: error }, "a message of another process broke the handling");

  const channel = await Channel.open(redis, `murmur:${publicKey.slice(0, 16)}`, new Seal(keys.operator), log);
  const { tracer, close: sendSpans } = await openTracing(log);
  const presence = new Presence(channel);
  const sums = new PartialSums(channel);
  const ended = new AbortController();
  const close = async () => {
    ended.abort();
    await presence.close();
    await channel.close();
    await sendSpans();
  };

  let coordinator: Coordinator | undefined;
  let leading: Leading | undefined;
  const metrics = new Metrics(() => ({ runs: [], budgets: new Map(), ledgerEntries: 0, leads: false }));
  const host: Host & Front = {
    keys,
    publicKey,
    get metrics() {
      return coordinator?.metrics ?? metrics;
    },
    get seats() {
      return coordinator?.seats ?? following;
    },
    get witnesses() {
      return coordinator?.witnesses ?? following;
    },
    unready: () => {
      if (coordinator) return coordinator.unready();
      const late = setTimeout(redisPatienceMs, "Redis is slow");
      const led = presence.isLed().then((isLed) => (isLed ? undefined : "no process leads"));
      return Promise.race([late, led.catch(() => "Redis does not answer")]);
    },
    onRunChange: () => {},
    onProgress: () => {},
  };
  const sockets = attachSockets(http, host, limits, log);
  const following = new Following(
    channel,
    sums,
    {
      run: (detail) => host.onRunChange(detail),
      progress: (run, progress) => host.onProgress(run, progress),
    },
    () => hangUp(sockets),
    tracer,
  );
  const watchers = sockets.of("/console");
  watchers.on("connection", (socket) => {
    following.watch(true);
    socket.on("disconnect", () => following.watch(watchers.sockets.size > 0));
  });
  let app = relayApp(host, (request) => following.relay(request), pages, limits, log);
  http.on(
    "request",
    getRequestListener((request, env) => app.fetch(request, env)),
  );

  const giveUp = (from: string) => {
    if (leading) leading.gone(from);
    else if (from === following.leader) following.reset();
  };
  channel.onMessage = (from, body) => {
    try {
      if (leading) leading.take(from, body as ToLeader);
      else if (from === following.leader) following.take(body as ToFollower);
    } catch (error) {
      onError(error);
      giveUp(from);
    }
  };
  channel.onGap = giveUp;
  presence.onGone = (peer) => leading?.gone(peer);
  presence.onCut = () => {
    if (!leading && following.leader !== undefined) following.follow(undefined);
  };
  presence.onLeader = (leader) => {
    if (!leading && leader !== channel.me) following.follow(leader);
  };

  let waits = () => {};
  const waiting = new Promise<void>((resolve) => {
    waits = resolve;
  });
  const place = { dataDir, postgres: { url: postgres.url, onWait: waits, signal: ended.signal } };
  const pagesHash = hash !== undefined && { pagesHash: hash };
  const opening = Coordinator.open({ place, deadlines, ...pagesHash, tracer, log });
  let url: string;
  try {
    await Promise.race([opening, waiting.then(() => expectOurKey(postgres.url, publicKey))]);
    await presence.start();
    url = await listen(http, options);
  } catch (error) {
    await close();
    await opening.then((opened) => opened.close()).catch(() => {});
    throw error;
  }
  const leads = opening.then((opened) => {
    const api = apiApp(opened, lab, pages.encoders, log);
    const leads = new Leading(channel, presence, sums, opened, (request) => api.fetch(request), onError);
    leading = leads;
    coordinator = opened;
    app = httpApp(opened, lab, pages, limits, log);
    // What was connected here had its seats with the former leader.
    following.follow(undefined);
    opened.elsewhere = (...round) => leads.elsewhere(...round);
    opened.onRunChange = (detail) => {
      host.onRunChange(detail);
      leads.show("run", detail.run, detail);
    };
    opened.onProgress = (run, progress) => {
      host.onProgress(run, progress);
      leads.show("progress", run, progress);
    };
    opened.start(url);
    presence.lead();
    log.info("this process leads");
    return opened;
  });
  leads.catch(() => {});
  log.info({ port: options.port, database: "postgres" }, "serving");
  return {
    leads,
    url,
    console: `${url}/console#key=${keys.operator}`,
    lost: leads.then(
      (opened) => opened.lost,
      (error: Error) => error.message,
    ),
    close: async () => {
      lab.stop();
      await sockets.close();
      await coordinator?.close();
      await close();
    },
  };
}

/** What would otherwise be found out when this process is to take over. */
async function expectOurKey(database: string, own: string): Promise<void> {
  const { coordinator_key } = await readPostgres(database, (db) =>
    db.selectFrom("leader").select("coordinator_key").executeTakeFirstOrThrow(),
  );
  if (coordinator_key !== null) Ledger.expectKey(coordinator_key, own);
}
