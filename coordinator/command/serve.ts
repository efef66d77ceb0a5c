/** `murmur serve`: one process with the coordinator, its pages and its API. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { getRequestListener } from "@hono/node-server";
import pino from "pino";
import { InputError } from "../../shared/errors.ts";
import { Coordinator } from "../coordinator.ts";
import { httpApp } from "../http.ts";
import { LabJobs } from "../lab-jobs.ts";
import { type Deadlines, defaultDeadlines } from "../round.ts";
import { attachSockets } from "../sockets.ts";
import { projectRoot } from "./project-root.ts";

export interface Server {
  coordinator: Coordinator;
  url: string;
  /** The console's address with the operator's key in its fragment, which no server ever sees */
  console: string;
  close(): Promise<void>;
}

/**
 * @param options.host loopback unless a reverse proxy with TLS stands before it: browsers give WebGPU and WebCrypto to
 * secure contexts only
 * @throws InputError when the port or the folder is taken
 */
export async function serve(options: {
  port: number;
  dataDir: string;
  host?: string;
  deadlines?: Deadlines;
}): Promise<Server> {
  const { port, dataDir, host = "127.0.0.1", deadlines = defaultDeadlines } = options;
  // Logs go to standard error: standard output belongs to results.
  const log = pino({ level: process.env.MURMUR_LOG ?? "warn" }, pino.destination(2));
  const coordinator = await Coordinator.open({ dataDir, deadlines, log });
  const lab = new LabJobs(join(dataDir, "lab"));
  const app = httpApp(coordinator, lab, join(projectRoot, "dist/client"), log);
  const http = createServer(getRequestListener(app.fetch));
  const sockets = attachSockets(http, coordinator, log);
  try {
    await new Promise<void>((resolve, reject) => {
      http.once("error", reject);
      http.listen(port, host, resolve);
    });
  } catch (error) {
    await coordinator.close();
    if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") {
      throw new InputError("--port", `${port} is taken`, "Choose another port, or 0 for a free one.");
    }
    throw error;
  }
  const url = `http://localhost:${(http.address() as AddressInfo).port}`;
  coordinator.start(url);
  return {
    coordinator,
    url,
    console: `${url}/console#key=${coordinator.operatorKey}`,
    close: async () => {
      lab.stop();
      await sockets.close();
      await coordinator.close();
    },
  };
}
