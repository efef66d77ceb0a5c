/** A round of two processes as a collector sees it: one trace, a span a step, what the other process did below it; and nobody named. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { hasRedis, type RedisServer, startRedis } from "../coordinator/peers/testing/redis-server.ts";
import { type PostgresServer, postgresBinaries, startPostgres } from "../coordinator/store/testing/postgres-server.ts";
import { noTracer, openTracing } from "../coordinator/tracing/tracer.ts";
import { buildLoad } from "./built.ts";

interface Value {
  stringValue?: string;
  intValue?: number;
}
interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  startTimeUnixNano: string;
  attributes: { key: string; value: Value }[];
  status: { code?: number; message?: string };
}
/** OTLP/HTTP in JSON */
interface Export {
  resourceSpans: { resource: { attributes: Span["attributes"] }; scopeSpans: { spans: Span[] }[] }[];
}

/** Every attribute there is, and what its text may be */
const attributes: Record<string, RegExp> = {
  "murmur.run": /^[0-9a-f]{12}$/,
  "murmur.question": /^(profile|train|evaluate)$/,
  "murmur.outcome": /^(finished|[a-z]+(-[a-z]+)+)$/,
};
const counts = ["round", "attempt", "cohort", "survivors", "members", "writes", "kept", "dropped"];
const resource = [/^service\.(name|instance\.id)$/, /^telemetry\.sdk\./];

test("without a collector no span is made, nor where OpenTelemetry is switched off", async () => {
  const log = pino({ level: "silent" });
  const somewhere = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1" };
  for (const env of [{}, { ...somewhere, OTEL_SDK_DISABLED: "true" }, { ...somewhere, OTEL_TRACES_EXPORTER: "none" }])
    expect((await openTracing(log, env)).tracer).toBe(noTracer);
  expect((await openTracing(log, somewhere)).tracer).not.toBe(noTracer);
});

describe.skipIf(!postgresBinaries || !hasRedis)("with a collector", () => {
  const folder = mkdtempSync(join(tmpdir(), "murmur-traced-"));
  const texts: string[] = [];
  const collector = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      if (request.url === "/v1/traces") texts.push(String(Buffer.concat(chunks)));
      response.setHeader("content-type", "application/json").end("{}");
    });
  });
  let postgres: PostgresServer;
  let redis: RedisServer;
  let load: Awaited<ReturnType<typeof buildLoad>>;
  beforeAll(async () => {
    [postgres, redis, load] = await Promise.all([startPostgres(), startRedis(), buildLoad(folder)]);
    await new Promise<void>((resolve) => collector.listen(0, "127.0.0.1", resolve));
    vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", `http://127.0.0.1:${(collector.address() as AddressInfo).port}`);
    vi.stubEnv("OTEL_BSP_SCHEDULE_DELAY", "100");
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    collector.close();
    await Promise.all([postgres?.stop(), redis?.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });

  test("each round is one trace, with the spans of the process that follows in it, and no attribute names anybody", async () => {
    const shape = { clients: 10, dimension: 2000, dropout: 0 };
    const several = { count: 2, databaseUrl: await postgres.newDatabase(), redisUrl: redis.url };
    const result = await load({ shape, rounds: 1, seed: 1, faults: [], several, onProgress: () => {} });
    expect(result.violations).toEqual([]);
    const processes = texts.flatMap((text) => (JSON.parse(text) as Export).resourceSpans);
    const spans = processes.flatMap(({ resource, scopeSpans }) => {
      const { stringValue } = resource.attributes.find(({ key }) => key === "service.instance.id")!.value;
      return scopeSpans.flatMap((scope) => scope.spans.map((span) => ({ ...span, process: stringValue! })));
    });
    const of = (span: Span, key: string) => span.attributes.find((one) => one.key === `murmur.${key}`)?.value;
    const roots = spans.filter(({ name }) => name === "round");
    expect(roots.map((root) => of(root, "question")?.stringValue)).toEqual(["profile", "train", "evaluate"]);
    expect(new Set(roots.map(({ traceId }) => traceId)).size).toBe(3);
    expect(new Set(spans.map(({ process }) => process)).size).toBe(2);
    for (const root of roots) {
      expect([of(root, "outcome")?.stringValue, of(root, "survivors")?.intValue]).toEqual(["finished", 10]);
      const below = spans.filter(({ traceId, spanId }) => traceId === root.traceId && spanId !== root.spanId);
      for (const span of below) expect(span.parentSpanId).toBe(root.spanId);
      const ours = below.filter(({ process }) => process === root.process);
      ours.sort((a, b) => (BigInt(a.startTimeUnixNano) < BigInt(b.startTimeUnixNano) ? -1 : 1));
      const steps = [
        "announce",
        "ready",
        "roster",
        "shares",
        "charge",
        "masked",
        "combine",
        "unmask",
        "read",
        "commit",
      ];
      expect(ours.map(({ name }) => name)).toEqual(steps);
      const theirs = below.filter(({ process }) => process !== root.process);
      expect(theirs.map(({ name }) => name)).toEqual(["masked elsewhere"]);
      const [members, kept] = ["members", "kept"].map((key) => of(theirs[0]!, key)!.intValue!);
      expect([kept, members! > 0]).toEqual([members, true]);
    }
    // No key, no invitation, no address: what an attribute may be is written out above.
    for (const { key, value } of spans.flatMap((span) => span.attributes)) {
      if (attributes[key]) expect(value.stringValue, key).toMatch(attributes[key]);
      else expect([key, typeof value.intValue]).toEqual([expect.toSatisfy(isCount), "number"]);
    }
    for (const { key } of processes.flatMap(({ resource }) => resource.attributes))
      expect([key, resource.some((known) => known.test(key))]).toEqual([key, true]);
    expect(texts.join("\n")).not.toMatch(/[0-9a-f]{64}|127\.0\.0\.1/);
  });
});

const isCount = (key: string) => counts.some((count) => key === `murmur.${count}`);
