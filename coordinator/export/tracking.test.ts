import { BinaryReader } from "@bufbuild/protobuf/wire";
import Papa from "papaparse";
import { expect, it } from "vitest";
import type { RoundRecord, RunDetail } from "../../shared/run-record.ts";
import { task } from "../store/testing/rounds.ts";
import { crc32c, track } from "./tracking.ts";

const privacy = { epsilon: 0.5, delta: 1e-5, unit: "record", relation: "add-remove" } as const;
const record = (round: number, gaps: Record<string, number>): RoundRecord => ({
  round,
  question: "train",
  state: "finished",
  cohort: 5,
  survivors: 5,
  dropped: {},
  privacy,
  metrics: { accuracy: 0.8, auc: 0.5 + round / 100, gaps, multiplier: 0, threshold: 0.5 },
  modelHash: "ab".repeat(32),
  duration: 100,
  finishedAt: `2026-11-01T10:00:0${round}.000Z`,
});
const run = (id: string, rounds: RoundRecord[]): RunDetail => ({
  run: id,
  name: "kept",
  state: "finished",
  createdAt: "2026-11-01T10:00:00.000Z",
  roundsDone: 2,
  roundsPlanned: 2,
  connected: 0,
  weakCohort: false,
  privacy,
  task,
  taskHash: "cd".repeat(32),
  invitation: "",
  rounds,
  gates: [],
  modelHash: "ab".repeat(32),
});
const runs = [
  run("0123456789ab", [record(1, { sex: 0.1 }), record(2, { sex: 0.05 })]),
  run("ba9876543210", [record(1, {})]),
];

it("CSV lays unlike runs side by side", () => {
  const { data } = Papa.parse<Record<string, string>>(String(track(runs, "csv")["runs.csv"]), { header: true });
  expect(data).toHaveLength(3);
  expect(data[1]).toMatchObject({ run: "0123456789ab", round: "2", auc: "0.52", "gap/sex": "0.05" });
  expect(data[2]).toMatchObject({ run: "ba9876543210", "gap/sex": "" });
});

it("CRC-32C is RFC 3720's", () => {
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new TextEncoder().encode("123456789"))).toBe(0xe3069283);
});

it("TensorBoard's records hold every figure", () => {
  const [bytes] = Object.values(track(runs, "tensorboard")) as Uint8Array[];
  const view = new DataView(bytes!.buffer, bytes!.byteOffset);
  const found: [string, number, number][] = [];
  for (let at = 0; at < bytes!.length; ) {
    const length = Number(view.getBigUint64(at, true));
    const reader = new BinaryReader(bytes!.subarray(at + 12, at + 12 + length));
    let step = 0;
    while (reader.pos < reader.len) {
      const [field, wire] = reader.tag();
      if (field === 2) step = Number(reader.int64());
      else if (field === 5) {
        const summary = new BinaryReader(reader.bytes());
        summary.tag();
        const value = new BinaryReader(summary.bytes());
        value.tag();
        const tag = value.string();
        value.tag();
        found.push([tag, step, value.float()]);
      } else reader.skip(wire);
    }
    at += 16 + length;
  }
  expect(found).toContainEqual(["auc", 2, Math.fround(0.52)]);
  expect(found).toContainEqual(["gap/sex", 1, Math.fround(0.1)]);
});

it("MLflow's files hold parameters and each metric's history", () => {
  const files = track(runs, "mlflow");
  const folder = "0/000000000000000000000123456789ab";
  expect(files[`${folder}/params/privacy.epsilon`]).toBe("2");
  expect(files[`${folder}/metrics/auc`]).toBe("1793527201000 0.51 1\n1793527202000 0.52 2\n");
  expect(files[`${folder}/meta.yaml`]).toContain("status: 3");
});
