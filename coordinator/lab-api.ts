/** The lab over HTTP, for the operator alone: a simulation takes this machine's time. */
import { Hono, type MiddlewareHandler } from "hono";
import { InputError } from "../shared/errors.ts";
import type { LabJobs } from "./lab-jobs.ts";

export function labApi(jobs: LabJobs, onlyOperator: MiddlewareHandler): Hono {
  const api = new Hono();
  api.use(onlyOperator);
  api.get("/", (c) => c.json({ job: jobs.job ?? null }));
  api.get("/examples", async (c) => c.json(await jobs.examples()));
  api.post("/", async (c) => {
    const body = await c.req.json<{ yaml?: unknown } | null>();
    if (typeof body?.yaml !== "string") throw new InputError("yaml", "is missing", "Send { yaml: «the grid file» }.");
    return c.json(await jobs.start(body.yaml), 201);
  });
  api.post("/stop", (c) => {
    jobs.stop();
    return c.json({ job: jobs.job ?? null });
  });
  return api;
}
