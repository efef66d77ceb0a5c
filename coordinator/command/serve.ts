/** `murmur serve`: one process with the coordinator, its pages and its API. */
import { existsSync } from "node:fs";
import { createServer, type Server as HttpServer } from "node:http";
import { createServer as createTlsServer, type ServerOptions as TlsOptions } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { getRequestListener } from "@hono/node-server";
import { InputError } from "../../shared/errors.ts";
import { Coordinator } from "../coordinator.ts";
import { httpApp, type Pages } from "../http.ts";
import { LabJobs } from "../lab-jobs.ts";
import { defaultLimits, httpTimes, type LimitSettings, Limits } from "../limits.ts";
import { createLog } from "../log.ts";
import { pagesHash, pagesIn } from "../pages.ts";
import { type Deadlines, defaultDeadlines } from "../round.ts";
import { attachSockets } from "../sockets.ts";
import type { PostgresPlace } from "../store/postgres.ts";
import { encodersFolder } from "../text/encoders.ts";
import { openTracing } from "../tracing/tracer.ts";
import { projectRoot } from "./project-root.ts";

export interface Server {
  coordinator: Coordinator;
  url: string;
  /** The console's address with the operator's key in its fragment, which no server ever sees */
  console: string;
  /** Resolves when this coordinator may write no more, with the reason */
  lost: Promise<string>;
  close(): Promise<void>;
}

export interface ServeOptions {
  port: number;
  dataDir: string;
  /** Loopback unless a reverse proxy with TLS stands before it: browsers give WebGPU and WebCrypto to secure contexts only */
  host?: string;
  publicUrl?: string;
  /** PEM */
  tls?: { cert: string; key: string };
  deadlines?: Deadlines;
  limits?: Partial<LimitSettings>;
}

/** @throws InputError when the port or the folder is taken */
export async function serve(options: ServeOptions & { postgres?: PostgresPlace }): Promise<Server> {
  const { dataDir, postgres, deadlines = defaultDeadlines } = options;
  const log = createLog();
  const http = httpServer(options.tls);
  const { pages, hash } = await servedPages(dataDir);
  const tracing = await openTracing(log);
  const coordinator = await Coordinator.open({
    place: { dataDir, ...(postgres && { postgres }) },
    deadlines,
    tracer: tracing.tracer,
    ...(hash !== undefined && { pagesHash: hash }),
    log,
  });
  const limits = new Limits({ ...defaultLimits, ...options.limits });
  const lab = new LabJobs(join(dataDir, "lab"));
  const app = httpApp(coordinator, lab, pages, limits, log);
  http.on("request", getRequestListener(app.fetch));
  const sockets = attachSockets(http, coordinator, limits, log);
  let url: string;
  try {
    url = await listen(http, options);
  } catch (error) {
    await coordinator.close();
    throw error;
  }
  coordinator.start(url);
  log.info({ port: options.port, database: postgres ? "postgres" : "embedded" }, "serving");
  return {
    coordinator,
    url,
    console: `${url}/console#key=${coordinator.keys.operator}`,
    lost: coordinator.lost,
    close: async () => {
      lab.stop();
      await sockets.close();
      await coordinator.close();
      await tracing.close();
    },
  };
}

/** With the hash of the pages, where they are built */
export async function servedPages(dataDir: string): Promise<{ pages: Pages; hash: string | undefined }> {
  const folder = join(projectRoot, "dist/client");
  const files = existsSync(folder) ? await pagesIn(folder) : [];
  const encoders = encodersFolder(dataDir);
  return { pages: { folder, files, encoders }, hash: files.length > 0 ? await pagesHash(files) : undefined };
}

/** @returns where participants reach it @throws InputError when the port is taken */
export async function listen(
  http: HttpServer,
  { port, host = "127.0.0.1", tls, publicUrl }: ServeOptions,
): Promise<string> {
  try {
    await new Promise<void>((resolve, reject) => {
      http.once("error", reject);
      http.listen(port, host, resolve);
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    throw new InputError("--port", `${port} is taken`, "Choose another port, or 0 for a free one.");
  }
  return publicUrl ?? `http${tls ? "s" : ""}://localhost:${(http.address() as AddressInfo).port}`;
}

/** @throws InputError for a certificate or key that is none, before anything is opened */
export function httpServer(tls: { cert: string; key: string } | undefined): HttpServer {
  const { timeout, ...times } = httpTimes;
  const server = tls ? tlsServer({ ...times, ...tls, minVersion: "TLSv1.2" }) : createServer(times);
  server.timeout = timeout;
  return server;
}

function tlsServer(options: TlsOptions): HttpServer {
  try {
    return createTlsServer(options);
  } catch (error) {
    throw new InputError(
      "--tls-cert",
      `or its key cannot be used: ${(error as Error).message}`,
      "Give a PEM certificate and the key it was made for.",
    );
  }
}
