import type { ReadTexts } from "../../recommend/catalogue.ts";
import { type Command, command, json, numberFlag, readInput } from "../flags.ts";
import { output, progress } from "../output.ts";
import { dataDirOf } from "./coordinator-flag.ts";

/** @param read texts on an adapter, which this side of the house has none of */
export const catalogueWith = (read: ReadTexts): Command =>
  command({
    meta: { name: "catalogue", description: "Make a catalogue of items for tasks that recommend, from public texts" },
    args: {
      file: { type: "positional", required: true, description: "CSV with a header, an item a row" },
      id: { type: "string", required: true, valueHint: "COLUMN", description: "names an item, as in persons' files" },
      title: { type: "string", required: true, valueHint: "COLUMN", description: "what is shown of it" },
      text: { type: "string", valueHint: "A,B", description: "columns that are read; default: the title" },
      width: { type: "string", valueHint: "N", description: "numbers of an item's vector (64)" },
      "data-dir": dataDirOf,
      json,
    },
    async run({ args }) {
      const width = numberFlag("width", args.width, { from: 2, to: 512, whole: true }) ?? 64;
      const { makeCatalogue } = await import("../../recommend/catalogue.ts");
      const { encodersFolder } = await import("../../text/encoders.ts");
      const csv = await readInput("FILE", args.file!);
      const columns = { id: args.id!, title: args.title!, text: args.text?.split(",") ?? [args.title!] };
      const found = await makeCatalogue(csv, columns, width, encodersFolder(args["data-dir"]!), read, (done, total) =>
        progress(`${done} of ${total} items read`),
      );
      output(args, found, found.yaml.trimEnd());
    },
  });
