import { command, json, readInput } from "../flags.ts";
import { output } from "../output.ts";
import { coordinator, dataDirOf, modelOf } from "./coordinator-flag.ts";

export default command({
  meta: { name: "swaps", description: "Swap the terms of two groups in texts, and tell what the model makes of it" },
  args: {
    run: modelOf,
    data: { type: "string", required: true, valueHint: "FILE", description: "CSV file with the texts" },
    terms: {
      type: "string",
      default: "tasks/swaps/gender.csv",
      valueHint: "FILE",
      description: "Pairs of words, one a line, as «he,she»",
    },
    coordinator,
    "data-dir": dataDirOf,
    json,
  },
  async run({ args }) {
    const [data, terms] = [await readInput("--data", args.data), await readInput("--terms", args.terms)];
    const { encodersFolder } = await import("../../text/encoders.ts");
    const { swapRows } = await import("../swaps.ts");
    const place = { run: args.run, coordinator: args.coordinator };
    const found = await swapRows(data, terms, place, encodersFolder(args["data-dir"]));
    const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
    const shift =
      found.meanShift === null
        ? ""
        : ` Their probability moves by ${percent(found.meanShift)} on average, ${percent(found.largestShift!)} at most.`;
    output(
      args,
      found,
      `${found.texts} texts have one of the terms; ${percent(found.changed)} of them are taken for something else once they are swapped.${shift}`,
    );
  },
});
