import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { InputError } from "../../../shared/errors.ts";
import type { Adapter } from "../../simulation/engine.ts";
import { type Command, command, dataDir, json, numberFlag, readInput } from "../flags.ts";
import { output, progress } from "../output.ts";

/** @param openAdapter the machine's, through kernels that no file of the coordinator imports */
export const labWith = (openAdapter: () => Promise<Adapter>): Command =>
  command({
    meta: {
      name: "lab",
      description:
        "Simulate a grid of privacy budgets, penalties and splits: table, frontier, report; goes on after a stop",
    },
    args: {
      grid: { type: "positional", description: "the grid file (YAML); docs/lab.md shows one" },
      out: { type: "string", required: true, valueHint: "DIR", description: "Folder of results and of kept cells" },
      cell: {
        type: "string",
        valueHint: "N",
        description: "Only run this cell again and compare it with what was kept; numbered from 1, as in the report",
      },
      adapter: {
        type: "boolean",
        description:
          "Compute on the graphics adapter, many participants at once, instead of in float64 on the processor",
      },
      "data-dir": dataDir,
      json,
    },
    async run({ args }) {
      const { parse, YAMLParseError } = await import("yaml");
      const { asGrid } = await import("../../../shared/lab/grid.ts");
      const { falls } = await import("../../../shared/lab/curves.ts");
      const { readTaskFile } = await import("../../../shared/task-file.ts");
      const { folderOf } = await import("../data-sets.ts");
      const { fetchData, keptData } = await import("../data.ts");
      const { recordsOf } = await import("../../simulation/records.ts");
      const { rerun, sweep } = await import("../../lab/sweep.ts");
      const { worldOf } = await import("../../lab/world.ts");
      const { csvOf } = await import("../../lab/csv.ts");
      const { plotsOf, reportOf } = await import("../../lab/report.ts");
      const { parentOf } = await import("../../lab/parent.ts");
      const { pngsOf } = await import("../../lab/png.ts");
      const { projectRoot } = await import("../project-root.ts");
      const { version } = JSON.parse(await readFile(join(projectRoot, "package.json"), "utf8")) as { version: string };

      const out = args.out!;
      const text = await readInput("GRID", args.grid!);
      const read = (yaml: string, field: string): unknown => {
        try {
          return parse(yaml);
        } catch (error) {
          if (!(error instanceof YAMLParseError)) throw error;
          throw new InputError(field, `is not YAML (${error.message.split("\n")[0]})`, "Correct the line it names.");
        }
      };
      const grid = asGrid(read(text, args.grid!));
      const taskPath = resolve(dirname(args.grid!), grid.task);
      const taskText = await readInput("task", taskPath);
      readTaskFile(taskText, grid.task);
      const dataDir = args["data-dir"] ?? process.env.MURMUR_TEST_DATA;
      const data = await fetchData(grid.data, {
        cacheDir: keptData,
        ...(dataDir !== undefined && { dataDir: join(dataDir, folderOf(grid.data)) }),
      });
      const world = worldOf({
        grid,
        base: read(taskText, grid.task) as { [field: string]: unknown },
        train: recordsOf(data.path),
        test: recordsOf(data.testPath),
      });
      const adapter = args.adapter ? await openAdapter().catch(without("the processor computes")) : undefined;
      const arithmetic = adapter ? `f32 on ${adapter.description}` : "float64 on the processor";
      const versions = {
        ...{ murmur: version, node: process.version, processor: process.arch, arithmetic },
        data: data.sha256,
      };
      const by = { adapter };
      const folder = join(out, "cells");
      const number = numberFlag("cell", args.cell, { from: 1, whole: true });
      if (number !== undefined) {
        const { cell, result, before } = await rerun(world, number, { folder, versions, by });
        const words = { same: "the same as was kept", other: "NOT what was kept", none: "kept now" }[before];
        output(args, { cell, result, before }, `${JSON.stringify(cell)}\n${JSON.stringify(result)}\n${words}`);
        return before === "other" ? 1 : 0;
      }
      const done = await sweep(world, {
        folder,
        versions,
        by,
        onProgress: progress,
        ...parentOf(process, adapter?.description),
      });

      await mkdir(out, { recursive: true });
      const csv = join(out, "results.csv");
      const report = join(out, "report.html");
      await writeFile(csv, csvOf(done));
      await writeFile(join(out, "results.json"), `${JSON.stringify({ grid, versions, cells: done }, null, 2)}\n`);
      const plots = plotsOf(world, done, arithmetic);
      // The page that has started this makes them by itself.
      const pngs = process.send
        ? undefined
        : await pngsOf(plots.map(({ svg }) => svg)).catch(without("figures are written as SVG only"));
      for (const [i, { name, svg }] of plots.entries()) {
        await writeFile(join(out, `${name}.svg`), svg);
        if (pngs) await writeFile(join(out, `${name}.png`), pngs[i]!);
      }
      const command = `npm run -s murmur -- lab ${args.grid} --out ${out}${args.adapter ? " --adapter" : ""}`;
      await writeFile(report, reportOf({ grid, gridText: text, taskText, versions, done, plots, command }));
      const fallen = falls(grid, done);
      const risen = fallen.map(
        ({ figure, label, from, to }) =>
          `${figure} of «${label}» falls from ε ${from} to ${to} by more than its intervals`,
      );
      if (fallen.length === 0) risen.push("accuracy and AUC never fall as ε rises, within their intervals");
      const words = [`${done.length} cells`, ...risen, csv, report].join("\n");
      output(args, { cells: done.length, falls: fallen, csv, report }, words);
      return 0;
    },
  });

/** Goes on without what could not be had, and says so. */
const without = (instead: string) => (error: unknown) => {
  progress(`${error instanceof Error ? error.message : String(error)}; ${instead}`);
  return undefined;
};
