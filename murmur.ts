/** The door: a command's name → what it loads. The only file that may see both the coordinator's and the client's side. */
import { runProgram } from "./coordinator/command/cli.ts";
import manifest from "./package.json" with { type: "json" };

const code = await runProgram(
  {
    name: "murmur",
    version: manifest.version,
    description: manifest.description,
    commands: {
      serve: async () => (await import("./coordinator/command/definitions/serve.ts")).default,
      witness: async () => (await import("./coordinator/command/definitions/witness.ts")).default,
      launch: async () => (await import("./coordinator/command/definitions/launch.ts")).default,
      "review-key": async () => (await import("./coordinator/command/definitions/review-key.ts")).default,
      review: async () => (await import("./coordinator/command/definitions/review.ts")).default,
      watch: async () => (await import("./coordinator/command/definitions/watch.ts")).default,
      list: async () => (await import("./coordinator/command/definitions/list.ts")).default,
      stop: async () => (await import("./coordinator/command/definitions/stop.ts")).default,
      invite: async () => (await import("./coordinator/command/definitions/invite.ts")).default,
      erase: async () => (await import("./coordinator/command/definitions/erase.ts")).default,
      backup: async () => (await import("./coordinator/command/definitions/backup.ts")).default,
      restore: async () => (await import("./coordinator/command/definitions/restore.ts")).default,
      load: async () => (await import("./coordinator/command/definitions/load.ts")).default,
      demo: async () => (await import("./demo/definition.ts")).default,
      accountant: async () => (await import("./coordinator/command/definitions/accountant.ts")).default,
      graph: async () => (await import("./coordinator/command/definitions/graph.ts")).default,
      audit: async () => (await import("./coordinator/command/definitions/audit.ts")).default,
      fairness: async () => (await import("./coordinator/command/definitions/fairness.ts")).default,
      lab: async () =>
        (await import("./coordinator/command/definitions/lab.ts")).labWith(async () =>
          (await import("./dawn.ts")).openAdapter(),
        ),
      metrics: async () => (await import("./coordinator/command/definitions/metrics.ts")).default,
      data: async () => (await import("./coordinator/command/definitions/data.ts")).default,
      pages: async () => (await import("./coordinator/command/definitions/pages.ts")).default,
      verify: async () => (await import("./coordinator/command/definitions/verify.ts")).default,
      export: async () => (await import("./coordinator/command/definitions/export.ts")).default,
      entities: async () => (await import("./coordinator/command/definitions/entities.ts")).default,
      catalogue: async () =>
        (await import("./coordinator/command/definitions/catalogue.ts")).catalogueWith(async (...asked) =>
          (await import("./dawn.ts")).readTexts(...asked),
        ),
      encoder: async () => (await import("./coordinator/command/definitions/encoder.ts")).default,
      predict: async () => (await import("./coordinator/command/definitions/predict.ts")).default,
      trend: async () => (await import("./coordinator/command/definitions/trend.ts")).default,
      swaps: async () => (await import("./coordinator/command/definitions/swaps.ts")).default,
      explain: async () => (await import("./coordinator/command/definitions/explain.ts")).default,
      dependence: async () => (await import("./coordinator/command/definitions/dependence.ts")).default,
      reduce: async () => (await import("./coordinator/command/definitions/reduce.ts")).default,
      prune: async () => (await import("./coordinator/command/definitions/prune.ts")).default,
      track: async () => (await import("./coordinator/command/definitions/track.ts")).default,
      report: async () => (await import("./coordinator/command/definitions/report.ts")).default,
    },
  },
  process.argv.slice(2),
);

// Not every library gives up its timers and sockets; what was written is flushed first.
process.stdout.write("", () => process.exit(code));
