/** No path launches a task that is not signed, and none exports a model that its gates hold back: all of them are tried. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import pino from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeDocuments } from "../coordinator/command/runs-client.ts";
import { type Server, serve } from "../coordinator/command/serve.ts";
import { verifyPath } from "../coordinator/command/verify.ts";
import { exportModel } from "../coordinator/export/model.ts";
import { httpApp } from "../coordinator/http.ts";
import { LabJobs } from "../coordinator/lab-jobs.ts";
import { defaultLimits, Limits } from "../coordinator/limits.ts";
import type { Run } from "../coordinator/run.ts";
import type { Runs } from "../coordinator/store/runs.ts";
import { toHex } from "../shared/canonical.ts";
import type { Statement } from "../shared/governance/review.ts";
import { checkLedger } from "../shared/ledger/file.ts";
import { signBody } from "../shared/round/signed.ts";
import { generateIdentityKeys, type Identity, identityFrom } from "../shared/secure-sum/keys.ts";
import { asTask } from "../shared/task-rules.ts";
import { joinWith } from "./node-tab.ts";
import { smallTask, zeros } from "./small-task.ts";

const folder = mkdtempSync(join(tmpdir(), "murmur-review-"));
let server: Server;
let ethics: Identity;
let dataProtection: Identity;
let stranger: Identity;

beforeAll(async () => {
  [ethics, dataProtection, stranger] = (await Promise.all(
    [1, 2, 3].map(async () => identityFrom(await generateIdentityKeys())),
  )) as [Identity, Identity, Identity];
  server = await serve({ port: 0, dataDir: join(folder, "data") });
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

const reviewedTask = () =>
  asTask({
    ...smallTask(1),
    // Five tabs come, so it is never met.
    gates: [{ metric: "cohort", atLeast: 99 }],
    review: {
      reviewers: [
        { name: "ethics board", key: toHex(ethics.publicKey) },
        { name: "data protection officer", key: toHex(dataProtection.publicKey) },
      ],
    },
  });

let clock = Date.now() - 60_000;
async function signed(run: Run, by: Identity, decision: Statement["decision"], change: Partial<Statement> = {}) {
  clock += 1000;
  const body: Statement = {
    run: run.id,
    taskHash: run.stored.taskHash,
    reviewer: toHex(by.publicKey),
    decision,
    ...(decision === "except" && { modelHash: run.detail().modelHash }),
    reasons: "because the test says so",
    at: new Date(clock).toISOString(),
    ...change,
  };
  return signBody("review", body, by);
}

async function post(run: string, body: unknown): Promise<number> {
  const answer = await fetch(`${server.url}/api/reviews/${run}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  await answer.text();
  return answer.status;
}

const kinds = async () => {
  const { entries, problems } = await checkLedger(await server.coordinator.exportLedger());
  expect(problems).toEqual([]);
  return entries;
};

/** Every route that there is, by every method, with and without what it may want; as the operator. */
async function tryEverything(run: Run): Promise<string[]> {
  // What a launched run would have, as if saying so made it so.
  const launched = { state: "running", approvals: run.reviews, task: run.task };
  const { routes } = httpApp(
    server.coordinator,
    new LabJobs(folder),
    { folder, files: [], encoders: folder },
    new Limits(defaultLimits),
    pino({ level: "silent" }),
  );
  const paths = [...new Set(routes.map(({ path }) => path))].filter((path) => !path.includes("*"));
  expect(paths.length).toBeGreaterThan(10);
  const answers: string[] = [];
  for (const path of paths) {
    const queries = path.endsWith("/model") ? ["", "?format=json", "?format=onnx", "?format=safetensors"] : [""];
    for (const query of queries) {
      for (const method of ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]) {
        if (path.endsWith("/stop")) continue;
        const bodies = ["GET", "HEAD"].includes(method)
          ? [undefined]
          : ["{}", JSON.stringify({ run: run.id, force: true, yaml: "", ...launched })];
        for (const body of bodies) {
          const address = server.url + path.replace(/:(id|run)/, run.id).replace(":name", "compliance.json") + query;
          const answer = await fetch(address, {
            method,
            headers: {
              authorization: `Bearer ${server.coordinator.keys.operator}`,
              "content-type": "application/json",
            },
            ...(body !== undefined && { body }),
          });
          answers.push(await answer.text());
        }
      }
    }
  }
  return answers;
}

test("nothing but the signatures of all its reviewers launches a task", async () => {
  const { coordinator, url } = server;
  const run = await coordinator.launchTask(reviewedTask(), 1);
  // At once: a task that is launched without its review would have everything below wait for it.
  expect(run.isProposed).toBe(true);
  await tryEverything(run);
  expect(run.isProposed).toBe(true);
  const approval = await signed(run, ethics, "approve");
  const other = await coordinator.launchTask(reviewedTask(), 2);
  const wrong: [string, unknown][] = [
    ["unsigned", { body: approval.body, signature: "00".repeat(64) }],
    ["by a stranger", await signed(run, stranger, "approve")],
    [
      "by a stranger under a reviewer's name",
      await signed(run, stranger, "approve", { reviewer: toHex(ethics.publicKey) }),
    ],
    ["of another task", await signed(run, ethics, "approve", { taskHash: "ab".repeat(32) })],
    ["of another run", await signed(other, ethics, "approve")],
    ["altered afterwards", { ...(await signed(run, ethics, "reject")), body: { ...approval.body } }],
    ["in the future", await signed(run, ethics, "approve", { at: "2100-01-01T00:00:00.000Z" })],
    ["an exception", await signed(run, ethics, "except")],
    ["a withdrawal", await signed(run, ethics, "withdraw")],
    ["no statement", {}],
  ];
  for (const [what, statement] of wrong) expect(await post(run.id, statement), what).toBe(400);

  expect(await post(run.id, approval)).toBe(201);
  expect(await post(run.id, approval), "replayed").toBe(400);
  await tryEverything(run);
  const invite = new URL(run.detail().invitation).searchParams.get("invite")!;
  const early = await joinWith({ url, run: run.id, invite, compute: zeros(run.task) });
  const soon = new Promise((resolve) => setTimeout(resolve, 10_000));
  await expect(Promise.race([early.over, soon])).rejects.toThrow("refused: run-proposed");
  expect(coordinator.openRuns().map((open) => open.run)).not.toContain(run.id);
  expect(coordinator.run(run.id)!.isProposed).toBe(true);
  expect((await kinds()).filter((entry) => entry.kind === "run")).toEqual([]);
  await expect(async () => run.start()).rejects.toThrow("after its review");

  // Both at once: it is launched once.
  const [a, b] = [await signed(run, dataProtection, "approve"), await signed(run, ethics, "approve")];
  expect(await Promise.all([post(run.id, a), post(run.id, b)])).toEqual([201, 201]);
  const launched = (await kinds()).filter((entry) => entry.kind === "run" && entry.run === run.id);
  expect(launched).toHaveLength(1);
  expect(coordinator.run(run.id)!.isProposed).toBe(false);

  // A participant who takes their consent back leaves an entry, and no name.
  const tab = await joinWith({ url, run: run.id, invite, compute: zeros(run.task) });
  await expect.poll(() => coordinator.run(run.id)!.room.identities.length).toBe(1);
  const [identity] = coordinator.run(run.id)!.room.identities;
  await tab.session.withdraw();
  const withdrawals = (await kinds()).filter((entry) => entry.kind === "withdrawal");
  expect(withdrawals).toHaveLength(1);
  expect(JSON.stringify(await kinds())).not.toContain(identity);
  await coordinator.run(run.id)!.stop();

  // One rejection is enough to end a proposal, and a later approval does not revive it.
  expect(await post(other.id, await signed(other, ethics, "reject"))).toBe(201);
  expect(other.detail()).toMatchObject({ state: "stopped", reason: "rejected by ethics board" });
  for (const reviewer of [ethics, dataProtection]) await post(other.id, await signed(other, reviewer, "approve"));
  expect((await kinds()).some((entry) => entry.kind === "run" && entry.run === other.id)).toBe(false);
});

test("a model that its gates hold back leaves with a signed exception only, and stays once a reviewer withdraws", async () => {
  const { coordinator, url } = server;
  const proposed = await coordinator.launchTask(reviewedTask(), 3);
  for (const reviewer of [ethics, dataProtection]) await post(proposed.id, await signed(proposed, reviewer, "approve"));
  const run = coordinator.run(proposed.id)!;
  const invite = new URL(run.detail().invitation).searchParams.get("invite")!;
  const compute = zeros(run.task);
  const tabs = await Promise.all([1, 2, 3, 4, 5].map(() => joinWith({ url, run: run.id, invite, compute })));
  await Promise.all(tabs.map((tab) => tab.over));
  expect(run.detail()).toMatchObject({ state: "finished", gates: [{ met: false }] });

  const exports = async () => (await kinds()).filter((entry) => entry.kind === "export");
  const tried = await tryEverything(run);
  expect(tried.filter((text) => /"tensors"|layer0|murmur\/model\/1/.test(text))).toEqual([]);
  expect(tried.join()).toContain("held back by its gates");
  expect(await exports()).toEqual([]);
  const except = () => Promise.all([ethics, dataProtection].map((by) => signed(run, by, "except")));
  expect(await post(run.id, await signed(run, ethics, "except", { modelHash: "ab".repeat(32) }))).toBe(400);
  const [first, second] = await except();
  expect(await post(run.id, first)).toBe(201);
  await tryEverything(run);
  expect(await exports()).toEqual([]);
  expect(await post(run.id, second)).toBe(201);
  expect((await tryEverything(run)).some((text) => text.includes("murmur/model/1"))).toBe(true);
  const allowed = await exports();
  expect(allowed.length).toBeGreaterThan(2);
  const out = join(folder, "out");
  await writeDocuments(out, run.id, await coordinator.exportLedger());
  writeFileSync(join(out, "model.json"), (await exportModel(coordinator, run, "json")).bytes);

  expect(await post(run.id, await signed(run, ethics, "withdraw"))).toBe(201);
  expect((await tryEverything(run)).join()).toContain("its review is withdrawn");
  expect(await exports()).toHaveLength(allowed.length + 1);
});

test("any one bit changed in any file of a run's folder is found by verify", async () => {
  const out = join(folder, "out");
  const verdict = await verifyPath(out);
  expect(verdict).toMatchObject({ ok: true, problems: [] });
  expect(verdict.checked).toBeGreaterThan(15);
  const files = readdirSync(out);
  expect(files).toHaveLength(9);
  for (const name of files) {
    const path = join(out, name);
    const right = readFileSync(path);
    await fc.assert(
      fc.asyncProperty(fc.nat(right.length - 1), fc.nat(7), async (at, bit) => {
        const altered = Buffer.from(right);
        altered[at]! ^= 1 << bit;
        writeFileSync(path, altered);
        // What cannot be read any more is thrown, and that is an answer too.
        const problems = await verifyPath(out).then(
          (v) => v.problems,
          (error: Error) => [error.message],
        );
        expect(problems, `${name}[${at}] bit ${bit}`).not.toEqual([]);
      }),
      { seed: 41, numRuns: 8 },
    );
    writeFileSync(path, right);
  }
});

test("a tab does not train where a coordinator launched the task by itself, and verify says so", async () => {
  const { coordinator } = server;
  const run = await coordinator.launchTask(reviewedTask(), 4);
  const { store } = coordinator as unknown as { store: Runs };
  await store.launch(run.stored, [await signed(run, stranger, "approve")], new Date().toISOString());
  await server.close();
  server = await serve({ port: 0, dataDir: join(folder, "data") });
  const forced = server.coordinator.run(run.id)!;
  expect(forced.detail().state).toBe("waiting");
  const invite = new URL(forced.detail().invitation).searchParams.get("invite")!;
  const tab = await joinWith({ url: server.url, run: run.id, invite, compute: zeros(run.task) });
  await expect(tab.over).rejects.toMatchObject({ reason: "not-reviewed" });
  const { problems } = await checkLedger(await server.coordinator.exportLedger());
  expect(problems.join()).toContain("its reviewers did not all approve it");
});
