/** What the help pages say, in one language. */

/** Pictures that the pages draw; see pictures.tsx. */
export type PictureName = "way" | "noise" | "masks" | "odds";

export interface Section {
  heading: string;
  text: string[];
  list?: string[];
  /** Shell commands, the same in every language */
  code?: string;
  picture?: PictureName;
}

/** `task-file` and `troubleshooting` go on with what the schema and the catalogue say. */
export const pageNames = [
  "participant",
  "coordinator",
  "researcher",
  "task-file",
  "privacy",
  "threats",
  "deployment",
  "troubleshooting",
] as const;
export type PageName = (typeof pageNames)[number];

export type Guide = Record<PageName, { title: string; sections: Section[] }>;
