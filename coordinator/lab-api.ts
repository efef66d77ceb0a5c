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
    const body = await c.req.json<{ yaml?: unknown; adapter?: unknown } | null>();
    if (typeof body?.yaml !== "string") throw new InputError("yaml", "is missing", "Send { yaml: «the grid file» }.");
    return c.json(await jobs.start(body.yaml, body.adapter === true), 201);
  });
  api.post("/again", async (c) => {
    const body = await c.req.json<{ cell?: unknown } | null>();
    if (typeof body?.cell !== "number") throw new InputError("cell", "is missing", "Send { cell: «its number» }.");
    return c.json({ before: await jobs.again(body.cell) });
  });
  api.get("/files/:name", async (c) => {
    const file = await jobs.file(c.req.param("name"));
    return file ? c.body(new Uint8Array(file)) : c.notFound();
  });
  api.post("/stop", (c) => {
    jobs.stop();
    return c.json({ job: jobs.job ?? null });
  });
  return api;
}
