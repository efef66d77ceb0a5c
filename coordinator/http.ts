/** The pages and the API: validates, hands on, answers. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { HttpBindings } from "@hono/node-server";
import { serveStatic } from "@hono/node-server/serve-static";
import { type Context, type ErrorHandler, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { HTTPException } from "hono/http-exception";
import { routePath } from "hono/route";
import { secureHeaders } from "hono/secure-headers";
import type { Logger } from "pino";
import { InputError } from "../shared/errors.ts";
import { type SignedStatement, signedStatementSchema } from "../shared/governance/review.ts";
import { largestCohort, taskJsonSchema } from "../shared/task.ts";
import { readTaskFile, TaskFileError } from "../shared/task-file.ts";
import { bearer, type Keys, only } from "./access.ts";
import type { Coordinator } from "./coordinator.ts";
import { exportModel, modelFormats } from "./export/model.ts";
import { documentNames } from "./governance/documents.ts";
import { labApi } from "./lab-api.ts";
import type { LabJobs } from "./lab-jobs.ts";
import type { Limits } from "./limits.ts";
import type { Metrics } from "./metrics.ts";
import type { PageFiles } from "./pages.ts";
import { pieceOf } from "./pieces.ts";
import { exampleTasks, sampleFor } from "./samples.ts";
import { Unserved } from "./seats.ts";
import { encoderBytes, hasEncoder } from "./text/encoders.ts";

type App = Hono<{ Bindings: HttpBindings }>;

/** What is served as it lies: the built pages, with their list, and the folder of encoders and catalogues that were brought in. */
export interface Pages {
  folder: string;
  files: PageFiles;
  encoders: string;
}

/** What every process answers by itself. */
export interface Front {
  readonly keys: Keys;
  readonly metrics: Metrics;
  /** Why nothing can go on at the moment; undefined when all is well */
  unready(): Promise<string | undefined>;
}

/** Of a process that leads. */
export function httpApp(coordinator: Coordinator, lab: LabJobs, pages: Pages, limits: Limits, log: Logger): App {
  const app = frontApp(coordinator, limits);
  app.route("/", apiApp(coordinator, lab, pages.encoders, log));
  return withPages(app, pages, log);
}

/** Of a process that does not: pages are the same everywhere, the rest it has answered by who leads. */
export function relayApp(
  front: Front,
  relay: (request: Request) => Promise<Response>,
  pages: Pages,
  limits: Limits,
  log: Logger,
): App {
  const app = frontApp(front, limits);
  for (const path of ["/api/*", "/ledger/*", "/task.schema.json"]) app.all(path, (c) => relay(c.req.raw));
  return withPages(app, pages, log);
}

function frontApp(front: Front, limits: Limits): App {
  const { keys, metrics } = front;
  const app: App = new Hono();
  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        workerSrc: ["'self'"],
        styleSrc: ["'self'"],
        // uPlot and progress bars set style attributes through the DOM, which no policy needs to allow.
        imgSrc: ["'self'", "data:"],
        connectSrc: ["'self'"],
        manifestSrc: ["'self'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
      },
      // Nothing here looks, listens or asks where somebody is.
      permissionsPolicy: { camera: [], microphone: [], displayCapture: [], geolocation: [] },
      crossOriginEmbedderPolicy: "require-corp",
      referrerPolicy: "no-referrer",
    }),
  );
  app.use(async (c, next) => {
    const began = performance.now();
    await next();
    const { method } = c.req;
    const known = ["GET", "POST", "HEAD"].includes(method) ? method : "other";
    metrics.request(known, routePath(c), c.res.status, performance.now() - began);
  });
  app.use(async (c, next) => {
    if (await limits.request(limits.addressOf(c.env.incoming))) return next();
    metrics.refused("requests");
    const error = { field: "address", problem: "asks too often", fix: "Wait a minute." };
    return c.json({ error }, 429, { "retry-after": "60" });
  });
  app.use("/api/*", bodyLimit({ maxSize: 2 ** 20 }));

  app.get("/healthz", (c) => c.text("ok\n"));
  app.get("/readyz", async (c) => {
    const problem = await front.unready();
    return problem ? c.text(`${problem}\n`, 503) : c.text("ok\n");
  });
  app.get("/metrics", only(keys, "researcher", "operator"), async (c) =>
    c.body(await metrics.text(), 200, { "content-type": metrics.contentType }),
  );
  return app;
}

/** Runs, reviews, ledger and lab, as whoever leads has them. */
export function apiApp(coordinator: Coordinator, lab: LabJobs, encoders: string, log: Logger): Hono {
  const app = new Hono();
  const { keys } = coordinator;
  app.get("/api/open", (c) => c.json(coordinator.openRuns()));
  app.get("/api/tasks", async (c) => c.json(await exampleTasks()));
  app.get("/task.schema.json", (c) => c.json(taskJsonSchema() as object));
  app.get("/api/sample/:run", async (c) => {
    const run = coordinator.run(c.req.param("run"));
    if (!run) throw new HTTPException(404, { message: "no such run" });
    const csv = await sampleFor(run.task);
    if (csv === undefined) throw new HTTPException(404, { message: "this task has no sample" });
    return c.text(csv, 200, { "content-type": "text/csv; charset=utf-8" });
  });

  // The log is public: nothing in it names a participant. C2SP tlog-tiles asks for these paths.
  app.get("/ledger/*", async (c) => {
    const path = c.req.path.slice("/ledger/".length);
    const bytes = await coordinator.ledgerFile(path);
    if (!bytes) throw new HTTPException(404, { message: "the ledger has no such file" });
    const isFull = path.startsWith("tile/") && !path.includes(".p/");
    return c.body(bytes, 200, {
      "content-type": path.startsWith("tile/") ? "application/octet-stream" : "text/plain; charset=utf-8",
      "cache-control": isFull ? "public, max-age=31536000, immutable" : "no-cache",
    });
  });

  // Reviewers need no operator's key: what counts is the signature, by a key that stands in the task.
  app.get("/api/reviews/:run", (c) => {
    const run = coordinator.run(c.req.param("run"));
    if (!run?.task.review) throw new HTTPException(404, { message: "no such review" });
    const { task, taskHash, state, gates, modelHash, review } = run.detail();
    return c.json({ run: run.id, task, taskHash, state, gates, modelHash, review, statements: run.reviews });
  });
  app.post("/api/reviews/:run", async (c) => {
    const parsed = signedStatementSchema.safeParse(await c.req.json());
    if (!parsed.success) {
      const { path, message } = parsed.error.issues[0]!;
      throw new InputError(path.join(".") || "statement", message, "Sign with `murmur review` or in the console.");
    }
    return c.json(await coordinator.review(c.req.param("run"), parsed.data as SignedStatement), 201);
  });

  const runs = new Hono();
  const operator = only(keys, "operator");
  const reader = only(keys, "researcher", "operator");
  app.route("/api/lab", labApi(lab, operator));
  const found = (id: string) => {
    const run = coordinator.run(id);
    if (!run) throw new HTTPException(404, { message: `there is no run ${id}` });
    return run;
  };
  runs.get("/", reader, (c) => c.json(coordinator.summaries()));
  runs.post("/", operator, async (c) => {
    const body = await c.req.json<{ yaml?: unknown } | null>();
    if (typeof body?.yaml !== "string") throw new InputError("yaml", "is missing", "Send { yaml: «the task file» }.");
    const { model, data } = readTaskFile(body.yaml, "task");
    const { encoder } = model;
    if (encoder && !hasEncoder(encoders, encoder.sha256))
      throw new InputError(
        "model.encoder.sha256",
        "is of no encoder that is here",
        "Bring it in with `murmur encoder`.",
      );
    if (data.items && !hasEncoder(encoders, data.items.sha256))
      throw new InputError("data.items.sha256", "is of no catalogue that is here", "Make it with `murmur catalogue`.");
    return c.json(await coordinator.launch(body.yaml), 201);
  });
  runs.get("/:id", reader, (c) => {
    const detail = found(c.req.param("id")).detail();
    if (bearer(c, keys) === "operator") return c.json(detail);
    const { invitation: _, ...forReaders } = detail;
    return c.json(forReaders);
  });
  runs.post("/:id/invitations", operator, async (c) => {
    const { count } = (await c.req.json<{ count?: unknown } | null>()) ?? {};
    if (typeof count !== "number" || !Number.isInteger(count) || count < 1 || count > largestCohort)
      throw new InputError("count", "is no number of people", `Send { count: 1 … ${largestCohort} }.`);
    return c.json({ invitations: await found(c.req.param("id")).invite(count) }, 201);
  });
  for (const act of ["hold", "resume", "stop"] as const) {
    runs.post(`/:id/${act}`, operator, async (c) => {
      const run = found(c.req.param("id"));
      await run[act]();
      return c.json(run.detail());
    });
  }
  runs.get("/:id/documents/:name", reader, async (c) => {
    const name = documentNames.find((known) => known === c.req.param("name"));
    if (!name)
      throw new InputError("name", `«${c.req.param("name")}» is not known`, `Use one of ${documentNames.join(", ")}.`);
    const text = await coordinator.document(found(c.req.param("id")), name);
    // A page of its own, which this site's policy would strip of its style: it is saved, not shown.
    return c.body(text, 200, {
      "content-type": "application/octet-stream",
      "content-disposition": `attachment; filename="${name}"`,
    });
  });
  runs.get("/:id/ledger", reader, async (c) => c.json(await coordinator.exportLedger()));
  runs.get("/:id/model", reader, async (c) => {
    const format = c.req.query("format") ?? "json";
    const known = modelFormats.find((f) => f === format);
    if (!known) throw new InputError("format", `«${format}» is not known`, `Use one of ${modelFormats.join(", ")}.`);
    const file = await exportModel(coordinator, found(c.req.param("id")), known);
    return c.body(file.bytes, 200, {
      "content-type": file.type,
      "content-disposition": `attachment; filename="${file.name}"`,
    });
  });
  // What is not there is nobody's business without a key.
  runs.all("*", reader, (c) => c.notFound());
  app.route("/api/runs", runs);

  app.delete("/api/participants/:identity", operator, async (c) => {
    const identity = c.req.param("identity");
    if (!/^[0-9a-f]{64}$/.test(identity))
      throw new InputError(
        "identity",
        "is no public key",
        "Give the 64 hexadecimal digits of `identity` in what the tab lets its owner save.",
      );
    return c.json({ runs: await coordinator.erase(identity) });
  });

  app.notFound(nothingHere);
  app.onError(inWords(log));
  return app;
}

function withPages(app: App, pages: Pages, log: Logger): App {
  // Named by its hash, which stands in the task: it never changes, and a tab checks it.
  app.get("/encoders/:file", async (c) => {
    const sha256 = c.req.param("file").replace(/\.safetensors$/, "");
    if (!hasEncoder(pages.encoders, sha256)) throw new HTTPException(404, { message: "no such encoder" });
    const file = await encoderBytes(pages.encoders, sha256);
    const { status, bytes, headers } = pieceOf(file, c.req.header("range"));
    return c.body(bytes, status, {
      ...headers,
      "content-type": "application/octet-stream",
      "content-length": String(bytes.length),
      "cache-control": "public, max-age=31536000, immutable",
    });
  });

  // What anyone may compare with a build of their own: `murmur pages --url`.
  app.get("/pages.json", (c) => c.json(pages.files));
  app.use(serveStatic({ root: pages.folder, rewriteRequestPath: (path) => path }));
  for (const page of ["console", "lab", "help"])
    app.get(`/${page}`, async (c) =>
      // A coordinator may run where no pages are built.
      pages.files.length > 0 ? c.html(await readFile(join(pages.folder, page, "index.html"), "utf8")) : c.notFound(),
    );
  app.notFound(nothingHere);
  app.onError(inWords(log));
  return app;
}

const nothingHere = (c: Context) =>
  c.json({ error: { field: "path", problem: "there is nothing here", fix: "Open / or /console." } }, 404);

const inWords =
  (log: Logger): ErrorHandler =>
  (error, c) => {
    if (error instanceof TaskFileError) return c.json({ problems: error.problems }, 400);
    if (error instanceof InputError)
      return c.json({ error: { field: error.field, problem: error.problem, fix: error.fix } }, 400);
    if (error instanceof HTTPException)
      return c.json({ error: { field: "path", problem: error.message, fix: "Check the address." } }, error.status);
    if (error instanceof SyntaxError)
      return c.json({ error: { field: "body", problem: "is not JSON", fix: "Send a JSON body." } }, 400);
    if (error instanceof Unserved)
      return c.json({ error: { field: "path", problem: "nobody leads now", fix: "Try again in a moment." } }, 503);
    // Whoever asked has hung up in the middle of it: nobody reads this.
    if ((error as NodeJS.ErrnoException).code === "ECONNRESET") return c.body(null, 400);
    log.error({ err: error }, "a request broke the coordinator's handling");
    return c.json({ error: { field: "", problem: "the coordinator failed", fix: "See its log." } }, 500);
  };
