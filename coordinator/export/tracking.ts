/**
 * Runs as experiment trackers know them: a CSV that lays runs side by side, TensorBoard's event files, MLflow's file store.
 * Every number is one of the run's own records.
 */
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import Papa from "papaparse";
import type { RoundRecord, RunDetail } from "../../shared/run-record.ts";

export const trackers = ["csv", "tensorboard", "mlflow"] as const;
export type Tracker = (typeof trackers)[number];

/** Path inside of the folder → content */
export type TrackedFiles = Record<string, string | Uint8Array>;

interface Point {
  name: string;
  /** Round, from 1 */
  step: number;
  value: number;
  /** ms since 1970 */
  at: number;
}

export function track(runs: readonly RunDetail[], tracker: Tracker): TrackedFiles {
  switch (tracker) {
    case "csv":
      return { "runs.csv": Papa.unparse(runs.flatMap(csvRows), { header: true, columns: columnsOf(runs) }) };
    case "tensorboard":
      return Object.fromEntries(
        runs.map((run) => [`${run.run}/events.out.tfevents.${Math.floor(startOf(run) / 1000)}.murmur`, events(run)]),
      );
    case "mlflow":
      return mlflow(runs);
  }
}

const startOf = (run: RunDetail): number => Date.parse(run.createdAt);

function pointsOf(run: RunDetail): Point[] {
  return run.rounds
    .filter((record) => record.state === "finished")
    .flatMap((record) =>
      Object.entries(figuresOf(record)).map(([name, value]) => ({
        name,
        step: record.round,
        value,
        at: Date.parse(record.finishedAt),
      })),
    );
}

function figuresOf({ metrics, objective, privacy, survivors, duration }: RoundRecord): Record<string, number> {
  const gaps = Object.entries(metrics?.gaps ?? {}).map(([name, gap]) => [`gap/${name}`, gap] as const);
  return {
    epsilon: privacy.epsilon,
    survivors,
    duration_ms: duration,
    ...(metrics && { accuracy: metrics.accuracy, auc: metrics.auc, multiplier: metrics.multiplier }),
    ...Object.fromEntries(gaps),
    ...Object.fromEntries(Object.entries(objective ?? {}).map(([name, value]) => [`objective/${name}`, value])),
  };
}

/** What a run was started with, dotted: `privacy.epsilon`. */
function parametersOf(run: RunDetail): Record<string, string> {
  const { privacy, training, fairness, objective } = run.task;
  const flat: Record<string, string> = { task: run.task.name, taskHash: run.taskHash, modelHash: run.modelHash };
  for (const [group, values] of Object.entries({ privacy, training, fairness, objective })) {
    for (const [name, value] of Object.entries(values)) flat[`${group}.${name}`] = String(value);
  }
  return flat;
}

const csvRows = (run: RunDetail): Record<string, string | number>[] =>
  run.rounds.map((record) => ({
    run: run.run,
    name: run.name,
    round: record.round,
    question: record.question,
    state: record.state,
    finishedAt: record.finishedAt,
    ...figuresOf(record),
  }));

/** Of all rows of all runs, in the order of their coming: unlike runs have unlike gaps. */
const columnsOf = (runs: readonly RunDetail[]): string[] => [
  ...new Set(runs.flatMap(csvRows).flatMap((row) => Object.keys(row))),
];

/**
 * TensorBoard's event file: TFRecords of tensorflow.Event messages (tensorflow/core/util/event.proto): wall_time = 1,
 * step = 2, file_version = 3, summary = 5 → value = 1 → tag = 1, simple_value = 2.
 */
function events(run: RunDetail): Uint8Array<ArrayBuffer> {
  const version = new BinaryWriter()
    .tag(1, WireType.Bit64)
    .double(startOf(run) / 1000)
    .tag(3, WireType.LengthDelimited)
    .string("brain.Event:2");
  const records = pointsOf(run).map(({ name, step, value, at }) => {
    const writer = new BinaryWriter()
      .tag(1, WireType.Bit64)
      .double(at / 1000)
      .tag(2, WireType.Varint)
      .int64(step);
    const entry = writer.tag(5, WireType.LengthDelimited).fork().tag(1, WireType.LengthDelimited).fork();
    entry.tag(1, WireType.LengthDelimited).string(name).tag(2, WireType.Bit32).float(value);
    return entry.join().join().finish();
  });
  const framed = [version.finish(), ...records].map(frame);
  const bytes = new Uint8Array(framed.reduce((sum, record) => sum + record.length, 0));
  let at = 0;
  for (const record of framed) {
    bytes.set(record, at);
    at += record.length;
  }
  return bytes;
}

/** TFRecord: length in 64 bits, its masked CRC-32C, the data, theirs. */
function frame(data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(data.length + 16);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, masked(crc32c(bytes.subarray(0, 8))), true);
  bytes.set(data, 12);
  view.setUint32(12 + data.length, masked(crc32c(data)), true);
  return bytes;
}

const masked = (crc: number): number => (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;

/** Castagnoli's polynomial, reflected (RFC 3720, appendix B.4) */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

/** MLflow's file store: <experiment>/<run>/{meta.yaml, params/NAME, metrics/NAME: «time value step» a line, tags/NAME}. */
function mlflow(runs: readonly RunDetail[]): TrackedFiles {
  const experiment = "0";
  const files: TrackedFiles = {
    [`${experiment}/meta.yaml`]: "artifact_location: ./0\nexperiment_id: '0'\nlifecycle_stage: active\nname: murmur\n",
  };
  for (const run of runs) {
    // MLflow wants 32 hex digits; a run of ours has 12.
    const id = run.run.padStart(32, "0");
    const end = run.rounds.at(-1)?.finishedAt ?? run.createdAt;
    const status = { finished: 3, failed: 4, stopped: 5 }[run.state as "finished"] ?? 1;
    files[`${experiment}/${id}/meta.yaml`] = [
      `artifact_uri: ./${experiment}/${id}/artifacts`,
      `end_time: ${Date.parse(end)}`,
      "entry_point_name: ''",
      `experiment_id: '${experiment}'`,
      "lifecycle_stage: active",
      `run_id: '${id}'`,
      `run_name: ${JSON.stringify(`${run.name} ${run.run}`)}`,
      "source_name: murmur",
      "source_type: 4",
      "source_version: ''",
      `start_time: ${startOf(run)}`,
      `status: ${status}`,
      "tags: []",
      "user_id: murmur",
      "",
    ].join("\n");
    for (const [name, value] of Object.entries(parametersOf(run))) files[`${experiment}/${id}/params/${name}`] = value;
    files[`${experiment}/${id}/tags/mlflow.runName`] = `${run.name} ${run.run}`;
    for (const { name, step, value, at } of pointsOf(run)) {
      const path = `${experiment}/${id}/metrics/${name.replaceAll(/[^\w./ -]/g, "_")}`;
      files[path] = `${files[path] ?? ""}${at} ${value} ${step}\n`;
    }
  }
  return files;
}
