/**
 * The task file being written. Its text is all there is: the form reads it and writes into it, comments and order stay,
 * and what is wrong is said by the same code that the coordinator asks at launch.
 */
import { computed, signal } from "@preact/signals";
import { type Document, isScalar, parseDocument } from "yaml";
import { planOf } from "../../shared/plan.ts";
import type { Task } from "../../shared/task.ts";
import { readTaskFile, TaskFileError, type TaskFileProblem } from "../../shared/task-file.ts";

export type Path = (string | number)[];

export const yaml = signal("");

/** As it would be checked at launch: a task, or all that is wrong with it. */
export const checked = computed((): { task: Task } | { problems: TaskFileProblem[] } => {
  try {
    return { task: readTaskFile(yaml.value, "task") };
  } catch (error) {
    if (error instanceof TaskFileError) return { problems: error.problems };
    throw error;
  }
});

export const problems = computed(() => ("problems" in checked.value ? checked.value.problems : []));

/** The file's content, where it can be read as YAML at all. */
const content = computed((): unknown => {
  const document = parse(yaml.value);
  return document.errors.length > 0 ? undefined : document.toJS();
});

export const isReadable = computed(() => content.value !== undefined);

export function valueAt(path: Path): unknown {
  return path.reduce<unknown>(
    (at, step) => (typeof at === "object" && at !== null ? (at as Record<string | number, unknown>)[step] : undefined),
    content.value,
  );
}

/** @param value undefined takes the field out */
export function write(path: Path, value: unknown): void {
  const document = parse(yaml.value);
  if (document.errors.length > 0) return;
  const node = document.getIn(path, true);
  if (value === undefined) document.deleteIn(path);
  // In place, so that a comment behind it and its quotes stay.
  else if (isScalar(node) && (typeof value !== "object" || value === null)) node.value = value;
  else document.setIn(path, document.createNode(value, { flow: path.length > 2 }));
  yaml.value = document.toString({ lineWidth: 120, flowCollectionPadding: true });
}

/** What the promises come to, or undefined while they cannot be kept or read. */
export function preview(task: Task): ReturnType<typeof planOf> | undefined {
  try {
    return planOf(task);
  } catch {
    return undefined;
  }
}

const parse = (text: string): Document.Parsed => parseDocument(text, { logLevel: "error" });
