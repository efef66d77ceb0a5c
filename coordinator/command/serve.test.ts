import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { placeOf, serverFrom } from "./definitions/place-flags.ts";
import definition from "./definitions/serve.ts";
import { secretFrom } from "./secret.ts";
import { serve } from "./serve.ts";

const folder = mkdtempSync(join(tmpdir(), "murmur-serve-"));
afterAll(() => rmSync(folder, { recursive: true }));
const place = (url?: string) => placeOf({ "data-dir": "d", ...(url !== undefined && { "database-url": url }) });

test("secrets come from the environment or a file, never from two places or an empty one", () => {
  const file = join(folder, "url");
  writeFileSync(file, "postgres://u:p@h/d\n");
  expect(secretFrom("X", {})).toBeUndefined();
  expect(secretFrom("X", { X: "a" })).toBe("a");
  expect(secretFrom("X", { X_FILE: file })).toBe("postgres://u:p@h/d");
  expect(() => secretFrom("X", { X: "a", X_FILE: file })).toThrow("X: stands beside X_FILE");
  expect(() => secretFrom("X", { X_FILE: join(folder, "none") })).toThrow("cannot be read (ENOENT)");
  writeFileSync(file, "\n");
  expect(() => secretFrom("X", { X_FILE: file })).toThrow("is empty");
});

test("a password on the command line is refused", () => {
  expect(place()).toEqual({ dataDir: "d" });
  expect(place("postgres://u@h/d")).toEqual({ dataDir: "d", postgres: { url: "postgres://u@h/d" } });
  expect(() => place("postgres://u:p@h/d")).toThrow("--database-url: holds a password");
  expect(() => serverFrom("redis-url", "redis://:p@h")).toThrow("--redis-url: holds a password");
});

test("flags that make no sense together are named", async () => {
  const run = (args: object) => definition.run!({ args: { port: "0", "data-dir": folder, _: [], ...args } } as never);
  await expect(run({ standby: true })).rejects.toThrow("--standby: is for coordinators on one PostgreSQL server");
  await expect(run({ "redis-url": "redis://h" })).rejects.toThrow("--redis-url: is for coordinators on one PostgreSQL");
  const both = { "redis-url": "redis://h", "database-url": "postgres://h/d", standby: true };
  await expect(run(both)).rejects.toThrow("--standby: stands beside --redis-url");
  await expect(run({ "tls-cert": "x" })).rejects.toThrow("--tls-key: is missing");
  for (const wrong of ["learn.example.org", "https://learn.example.org/path", "ftp://x"])
    await expect(run({ "public-url": wrong })).rejects.toThrow("--public-url: is «");
});

test("with a certificate it speaks TLS, and its invitations say so", async () => {
  const [cert, key] = ["cert", "key"].map((name) =>
    readFileSync(join(import.meta.dirname, `fixtures/localhost-${name}.pem`), "utf8"),
  ) as [string, string];
  await expect(serve({ port: 0, dataDir: join(folder, "none"), tls: { cert, key: "x" } })).rejects.toThrow(
    "--tls-cert",
  );
  const server = await serve({ port: 0, dataDir: join(folder, "tls"), tls: { cert, key } });
  try {
    expect(server.url).toMatch(/^https:\/\/localhost:\d+$/);
    const status = await new Promise((resolve, reject) => {
      get(`${server.url}/healthz`, { ca: cert }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      }).on("error", reject);
    });
    expect(status).toBe(200);
  } finally {
    await server.close();
  }
});
