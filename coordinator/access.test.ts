/** Tries every call of the API as everybody, and writes down who got through: docs/access.md is what this test found. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { io, type Socket } from "socket.io-client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { toHex } from "../shared/canonical.ts";
import { generateIdentityKeys, identityFrom } from "../shared/secure-sum/keys.ts";
import { challengeText } from "../shared/wire.ts";
import { type Server, serve } from "./command/serve.ts";
import { httpApp } from "./http.ts";
import { LabJobs } from "./lab-jobs.ts";
import { defaultLimits, Limits } from "./limits.ts";
import type { Run } from "./run.ts";
import { task } from "./store/testing/rounds.ts";

const dataDir = mkdtempSync(join(tmpdir(), "murmur-access-"));
const sockets: Socket[] = [];
let server: Server;
let run: Run;
beforeAll(async () => {
  server = await serve({ port: 0, dataDir });
  run = await server.coordinator.launchTask(task, 1);
});
afterAll(async () => {
  for (const socket of sockets) socket.disconnect();
  await server.close();
  rmSync(dataDir, { recursive: true });
});

const roles = ["anybody", "researcher", "operator"] as const;
type Role = (typeof roles)[number];
const keyOf = (role: Role) => (role === "anybody" ? undefined : server.coordinator.keys[role]);

/** As few of the routes as possible know what they are for: a new one without an entry here fails the test below. */
const purposes: Record<string, string> = {
  "GET /healthz": "the process answers",
  "GET /readyz": "the database answers, and this process leads",
  "GET /metrics": "Prometheus",
  "GET /pages.json": "hashes of all pages",
  "GET /api/open": "names and purposes of open runs",
  "GET /api/tasks": "example tasks",
  "GET /task.schema.json": "JSON Schema of a task",
  "GET /api/sample/:run": "sample rows, where the task has some",
  "GET /encoders/:file": "a sentence encoder, where a task names one",
  "GET /ledger/*": "the public log, as tiles",
  "GET /api/reviews/:run": "a task with reviewers, and what they signed",
  "POST /api/reviews/:run": "a reviewer's statement; its signature decides",
  "GET /api/runs": "runs",
  "POST /api/runs": "launch a task",
  "GET /api/runs/:id": "a run; its invitation to the operator only",
  "POST /api/runs/:id/invitations": "links for one participant each",
  "POST /api/runs/:id/hold": "ask nothing more for now",
  "POST /api/runs/:id/resume": "go on asking",
  "POST /api/runs/:id/stop": "end a run",
  "GET /api/runs/:id/documents/:name": "model card, compliance report",
  "GET /api/runs/:id/ledger": "the ledger as one file",
  "GET /api/runs/:id/model": "the model, unless it is held back; noted in the ledger",
  "DELETE /api/participants/:identity": "forget a participant",
  "GET /api/lab": "the simulation that runs on this machine",
  "GET /api/lab/examples": "example grids",
  "GET /api/lab/files/:name": "a figure or the report of a simulation",
  "POST /api/lab": "simulate a grid",
  "POST /api/lab/again": "simulate a cell again",
  "POST /api/lab/stop": "end the simulation",
  "GET /console": "the console's page, empty without a key",
  "GET /lab": "the lab's page, empty without a key",
  "GET /help": "guides",
};

async function tryAs(role: Role, method: string, path: string): Promise<boolean> {
  const key = keyOf(role);
  const answer = await fetch(
    server.url +
      path
        .replace(/:(run|id)/, run.id)
        .replace(":name", "model-card.md")
        .replace(":identity", "00".repeat(32)),
    {
      method,
      headers: { ...(key && { authorization: `Bearer ${key}` }), "content-type": "application/json" },
      ...(method === "POST" && { body: "{}" }),
    },
  );
  // Strict on every answer, the refused ones too.
  expect(answer.headers.get("content-security-policy")).toContain("default-src 'none'");
  // Whatever else is wrong with the empty request: only these two say that it was not this role's to make.
  return answer.status !== 401 && answer.status !== 403;
}

const challenged = (namespace: string, auth?: object) =>
  new Promise<{ socket: Socket; nonce?: string; refused?: string }>((resolve) => {
    const options = { transports: ["websocket"], forceNew: true, reconnection: false, ...(auth && { auth }) };
    const socket = io(server.url + namespace, options);
    sockets.push(socket);
    socket.once("challenge", (nonce) => resolve({ socket, nonce }));
    socket.once("connect", () => namespace === "/console" && resolve({ socket }));
    socket.once("connect_error", ({ message }) => resolve({ socket, refused: message }));
  });

test("who may do what is what docs/access.md says", async () => {
  const { routes } = httpApp(
    server.coordinator,
    new LabJobs(dataDir),
    { folder: dataDir, files: [], encoders: dataDir },
    new Limits(defaultLimits),
    pino({ level: "silent" }),
  );
  const calls = [...new Set(routes.filter(({ method }) => method !== "ALL").map((r) => `${r.method} ${r.path}`))];
  expect(calls.sort()).toEqual(Object.keys(purposes).sort());

  const rows: string[] = [];
  // The one that ends the run comes last.
  for (const call of calls.sort((a, b) => Number(a.endsWith("/stop")) - Number(b.endsWith("/stop")))) {
    const [method, path] = call.split(" ") as [string, string];
    const may: string[] = [];
    for (const role of roles) may.push((await tryAs(role, method, path)) ? "yes" : "no");
    rows.push(`| \`${call}\` | ${may.join(" | ")} | ${purposes[call]} |`);
  }
  for (const other of ["/api/runs/none", "/api/runs/none/secrets"])
    expect([other, await tryAs("anybody", "GET", other)]).toEqual([other, false]);

  const consoles: string[] = [];
  for (const role of roles) consoles.push((await challenged("/console", { key: keyOf(role) })).refused ? "no" : "yes");
  rows.push(`| socket \`/console\` | ${consoles.join(" | ")} | a run's changes as they come |`);

  await expect(
    [
      "# Who may do what",
      "",
      "Made by `coordinator/access.test.ts`, which tries every call as everybody. Operator and researcher are known by the keys",
      "in the coordinator's data folder (`operator.key`, `researcher.key`). A reviewer needs no key: what counts is the signature",
      "with the key that stands in the task. A participant needs the run's invitation and a signature over the connection's",
      "challenge (socket `/tab`); a witness is asked for nothing unless a task names its key (socket `/witness`).",
      "",
      `| call | ${roles.join(" | ")} | what it is |`,
      `|---|${roles.map(() => "---|").join("")}---|`,
      ...rows,
      "",
    ].join("\n"),
  ).toMatchFileSnapshot("../docs/access.md");
});

test("a run's invitation is the operator's to hand out", async () => {
  const detail = async (role: Role) =>
    (await fetch(`${server.url}/api/runs/${run.id}`, { headers: { authorization: `Bearer ${keyOf(role)}` } })).text();
  expect(await detail("operator")).toContain("invite=");
  expect(await detail("researcher")).not.toContain("invite");
});

test("a seat takes the invitation and a signature with one's own key", async () => {
  const fresh = await server.coordinator.launchTask(task, 2);
  const invite = new URL(fresh.detail().invitation).searchParams.get("invite")!;
  const identity = await identityFrom(await generateIdentityKeys());
  for (const [given, seated] of [
    ["", false],
    [server.coordinator.keys.operator, false],
    [invite, true],
  ] as const) {
    const { socket, nonce } = await challenged("/tab");
    const answer = await socket.emitWithAck("hello", {
      run: fresh.id,
      invite: given,
      identity: toHex(identity.publicKey),
      signature: toHex(await identity.sign(challengeText(nonce!, fresh.id))),
      ledgerSize: 0,
    });
    expect([given, answer.ok]).toEqual([given, seated]);
  }
});
