/**
 * Where spans go: to the collector that OpenTelemetry's own environment variables name, over OTLP/HTTP; nowhere without one. What
 * makes and sends them is loaded only then.
 */
import { randomUUID } from "node:crypto";
import { type Tracer, trace } from "@opentelemetry/api";
import type { Logger } from "pino";

export interface Tracing {
  readonly tracer: Tracer;
  /** Sends what is left. */
  close(): Promise<void>;
}

const name = "murmur";

/** A tracer of spans that nobody keeps */
export const noTracer: Tracer = trace.getTracer(name);

export async function openTracing(log: Logger, env: NodeJS.ProcessEnv = process.env): Promise<Tracing> {
  if (!isWanted(env)) return { tracer: noTracer, close: async () => {} };
  const [{ diag, DiagLogLevel }, sdk, { OTLPTraceExporter }, resources] = await Promise.all([
    import("@opentelemetry/api"),
    import("@opentelemetry/sdk-trace-base"),
    import("@opentelemetry/exporter-trace-otlp-http"),
    import("@opentelemetry/resources"),
  ]);
  const quiet = () => {};
  const warn = (reason: string) => log.warn({ reason }, "spans could not be sent");
  const logger = { error: warn, warn, info: quiet, debug: quiet, verbose: quiet };
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  // No host, user or command line: whoever collects knows its machines.
  const own = resources.resourceFromAttributes({ "service.name": name, "service.instance.id": randomUUID() });
  const provider = new sdk.BasicTracerProvider({
    resource: own.merge(resources.detectResources({ detectors: [resources.envDetector] })),
    spanProcessors: [new sdk.BatchSpanProcessor(new OTLPTraceExporter())],
  });
  return { tracer: provider.getTracer(name), close: () => provider.shutdown() };
}

function isWanted(env: NodeJS.ProcessEnv): boolean {
  if (env.OTEL_SDK_DISABLED === "true" || env.OTEL_TRACES_EXPORTER === "none") return false;
  return Boolean(env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || env.OTEL_EXPORTER_OTLP_ENDPOINT);
}
