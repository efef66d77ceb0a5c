/** From a task file's text to a task; everything that is wrong with it is said at once, each with its place. */
import {
  type Document,
  isMap,
  isNode,
  isPair,
  isScalar,
  LineCounter,
  parseDocument,
  visit,
  type YAMLError,
} from "yaml";
import { InputError } from "./errors.ts";
import { type Task, taskJsonSchema, taskSchema } from "./task.ts";
import { explainIssue, type Fault, type FieldPath } from "./task-faults.ts";
import { checkTask } from "./task-rules.ts";

export interface TaskFileProblem {
  /** e.g. `data.features.0.min`; empty for the file as a whole */
  path: string;
  /** 1-based */
  line: number;
  /** 1-based */
  column: number;
  problem: string;
  fix: string;
}

export class TaskFileError extends InputError {
  constructor(
    readonly fileName: string,
    readonly problems: TaskFileProblem[],
  ) {
    const first = problems[0]!;
    super(first.path || fileName, first.problem, first.fix);
    this.message = problems
      .map(({ path, line, column, problem, fix }) => {
        return `${fileName}:${line}:${column}: ${path === "" ? "the file" : path} ${problem}. ${fix}`;
      })
      .join("\n");
  }
}

/** @throws TaskFileError with all problems, in the order of the file */
export function readTaskFile(text: string, fileName: string): Task {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false, logLevel: "error" });
  const located = (offset: number, { path, problem, fix }: Fault): TaskFileProblem => {
    const { line, col } = lineCounter.linePos(offset);
    return { path: path.join("."), line, column: col, problem, fix };
  };
  const fail = (problems: TaskFileProblem[]) =>
    new TaskFileError(
      fileName,
      problems.sort((a, b) => a.line - b.line || a.column - b.column),
    );

  if (document.errors.length > 0) {
    // One slip of the pen makes the reader stumble over all that follows; keys that stand twice are slips of their own.
    const slips = document.errors.some((error) => error.code !== "DUPLICATE_KEY")
      ? document.errors
          .slice()
          .sort((a, b) => a.pos[0] - b.pos[0])
          .slice(0, 1)
      : document.errors;
    throw fail(slips.map((error) => located(error.pos[0], explainYaml(error, document))));
  }
  visit(document, {
    Alias(_, alias) {
      // Nobody needs one here, and aliases can make a short file unfold into a huge one.
      const problem = `has an alias (*${alias.source}), which a task file does without`;
      const fix = "Write the value out, or put a text that begins with * in quotes.";
      throw fail([located(alias.range![0], { path: [], problem, fix })]);
    },
  });
  const value: unknown = document.toJS();
  if (value === null) {
    throw fail([located(0, { path: [], problem: "is empty", fix: "Start from one of the examples in tasks/." })]);
  }
  const parsed = taskSchema.safeParse(value);
  const faults = parsed.success
    ? semanticFaults(value)
    : parsed.error.issues.flatMap((issue) => explainIssue(issue, value, taskJsonSchema()));
  if (faults.length > 0) throw fail(faults.map((fault) => located(offsetOf(document, fault), fault)));
  return parsed.data!;
}

/** What checkTask says beyond the shape: «problem; what to do». */
function semanticFaults(value: unknown): Fault[] {
  const checked = checkTask(value);
  if ("task" in checked) return [];
  return checked.problems.map(({ path, problem }) => {
    const [what, remedy] = problem.split("; ", 2);
    return {
      path,
      problem: what!,
      fix: remedy ? `${remedy[0]!.toUpperCase()}${remedy.slice(1)}.` : "Correct the value.",
    };
  });
}

/** Where a value stands; of a missing one, where the nearest thing around it does. */
function offsetOf(document: Document.Parsed, { path, atKey }: Fault): number {
  let offset = document.contents?.range[0] ?? 0;
  let node: unknown = document.contents;
  path.forEach((step, depth) => {
    const inMap = isMap(node)
      ? node.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === String(step))
      : undefined;
    const child: unknown = isMap(node)
      ? inMap?.value
      : isNode(node) && "get" in node
        ? (node.get as (key: unknown, keep: true) => unknown)(step, true)
        : undefined;
    const isLast = depth === path.length - 1;
    // A block's own beginning is its first entry, so a block is pointed at by its key.
    const place = isScalar(child) && !(isLast && atKey) ? child : (inMap?.key ?? child);
    if (isNode(place) && place.range) offset = place.range[0];
    node = child;
  });
  return offset;
}

const yamlFaults: Partial<Record<YAMLError["code"], { problem: string; fix: string }>> = {
  DUPLICATE_KEY: { problem: "stands twice", fix: "Keep one of the two." },
  TAB_AS_INDENT: { problem: "is indented with a tab", fix: "Indent with spaces." },
  BAD_INDENT: {
    problem: "is indented unlike its neighbours",
    fix: "Give fields of one block the same number of spaces, and close every bracket.",
  },
  MULTIPLE_DOCS: {
    problem: "holds more than one document",
    fix: "Write one task a file, without `---` between its parts.",
  },
};

function explainYaml(error: YAMLError, document: Document.Parsed): Fault {
  const known = yamlFaults[error.code] ?? {
    problem: `cannot be read as YAML here: ${error.message[0]!.toLowerCase()}${error.message.slice(1).replace(/\.$/, "")}`,
    fix: "Look for a missing blank after a colon, an open quote or bracket, or a text that needs quotes.",
  };
  return { path: error.code === "DUPLICATE_KEY" ? pathOfKey(document, error.pos[0]) : [], ...known };
}

function pathOfKey(document: Document.Parsed, offset: number): FieldPath {
  let found: FieldPath = [];
  visit(document, {
    Pair(_, pair, ancestors) {
      if (!isScalar(pair.key) || pair.key.range?.[0] !== offset) return undefined;
      const chain = [...ancestors, pair];
      found = chain.flatMap<string | number>((node, i) => {
        if (isPair(node)) return isScalar(node.key) ? [String(node.key.value)] : [];
        const above = chain[i - 1];
        return above && "items" in above && Array.isArray(above.items) && !isMap(above)
          ? [above.items.indexOf(node)]
          : [];
      });
      return visit.BREAK;
    },
  });
  return found;
}
