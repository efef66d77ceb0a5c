/** What a task is for, in the page's language where the task says it in that. */
import type { Task } from "../../shared/task.ts";
import { language } from "./messages.ts";

export const purposeOf = ({ purpose, purposeIn }: Pick<Task, "purpose" | "purposeIn">): string =>
  purposeIn?.[language.value] ?? purpose;
