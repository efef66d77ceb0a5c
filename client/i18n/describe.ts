/** What a field of the task is, in the language of the page: the schema says it in English. */
import { language } from "./messages.ts";
import { taskDescriptionsZh } from "./task-zh.ts";

export const inWords = (description: string): string =>
  language.value === "zh" ? (taskDescriptionsZh[description] ?? description) : description;
