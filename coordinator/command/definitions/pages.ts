import { join } from "node:path";
import { InputError } from "../../../shared/errors.ts";
import { command, json, readInput } from "../flags.ts";
import { output } from "../output.ts";

export default command({
  meta: { name: "pages", description: "Compare the pages a coordinator serves with a build and with its ledger" },
  args: {
    url: {
      type: "string",
      valueHint: "URL",
      description: "A coordinator; without it, the pages built here are hashed",
    },
    ledger: {
      type: "string",
      valueHint: "FILE",
      description: "ledger.json: the pages must be those of its last round",
    },
    json,
  },
  async run({ args }) {
    const { pagesAt, pagesHash, pagesIn } = await import("../../pages.ts");
    const { projectRoot } = await import("../project-root.ts");
    const built = await pagesIn(join(projectRoot, "dist/client"));
    const files = args.url === undefined ? built : await pagesAt(args.url);
    const own = new Map(built.map(({ path, sha256 }) => [path, sha256]));
    const served = new Set(files.map(({ path }) => path));
    const problems = [
      ...files
        .filter(({ path, sha256 }) => own.get(path) !== sha256)
        .map(({ path }) => `${path} is not what was built here`),
      ...built.filter(({ path }) => !served.has(path)).map(({ path }) => `${path} was built here and is not served`),
    ];
    const hash = await pagesHash(files);
    if (args.ledger !== undefined) {
      const { checkLedger } = await import("../../../shared/ledger/file.ts");
      const { entries, problems: wrong } = await checkLedger(parsed(await readInput("--ledger", args.ledger)));
      if (wrong.length > 0)
        throw new InputError("--ledger", `does not hold: ${wrong[0]!}`, "Give a ledger as it was exported.");
      const last = entries.filter((entry) => entry.kind === "announcement").at(-1);
      if (last?.pagesHash !== hash) problems.push(`the ledger's last round had ${last?.pagesHash ?? "no pages"}`);
    }
    output(args, { hash, files: files.length, problems }, [`${files.length} files, ${hash}`, ...problems].join("\n"));
    return problems.length === 0 ? 0 : 1;
  },
});

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InputError("--ledger", "is not JSON", "Give the ledger.json of an export.");
  }
}
