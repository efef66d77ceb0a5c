/**
 * How well words were tagged: by names as seqeval's classification_report counts them, and by words as scikit-learn's.
 * Most words are outside, so figures by words flatter; names come first.
 */
import { classTable, reportOf, type ScoreReport, type Scores } from "../fairness/class-figures.ts";
import { entitiesOf, entityTable } from "./tags.ts";

interface Tagged {
  gold: readonly string[];
  found: readonly string[];
}

/** @param strict as in entitiesOf */
export function entityReport(sentences: readonly Tagged[], strict = false): ScoreReport {
  const read = sentences.map(({ gold, found }) => ({
    gold: entitiesOf(gold, strict),
    found: entitiesOf(found, strict),
  }));
  const types = [...new Set(read.flatMap(({ gold, found }) => [...gold, ...found].map(({ type }) => type)))].sort();
  return reportOf(types, entityTable(types, read));
}

export function wordReport(sentences: readonly Tagged[]): ScoreReport {
  const [gold, found] = [sentences.flatMap((one) => one.gold), sentences.flatMap((one) => one.found)];
  const names = [...new Set([...gold, ...found])].sort();
  const numbers = (tags: string[]) => tags.map((tag) => names.indexOf(tag));
  return reportOf(names, classTable(names.length, numbers(gold), numbers(found)));
}

const digits = 4;

/**
 * The report as scikit-learn prints it.
 * @param accuracy of words, where micro figures are one number
 */
export function formatReport({ byClass, micro, macro, weighted }: ScoreReport, accuracy: boolean): string {
  const width = Math.max(...byClass.map(({ name }) => name.length), "weighted avg".length, digits);
  const line = (name: string, cells: string[]) =>
    `${name.padStart(width)} ${cells.map((cell) => ` ${cell.padStart(9)}`).join("")}\n`;
  const figures = ({ precision, recall, f1, support }: Scores) => [
    ...[precision, recall, f1].map((value) => value.toFixed(digits)),
    String(support),
  ];
  return [
    `${" ".repeat(width)} ${["precision", "recall", "f1-score", "support"].map((h) => ` ${h.padStart(9)}`).join("")}\n`,
    "\n",
    ...byClass.map(({ name, ...scores }) => line(name, figures(scores))),
    "\n",
    accuracy
      ? line("accuracy", ["", "", micro.f1.toFixed(digits), String(micro.support)])
      : line("micro avg", figures(micro)),
    line("macro avg", figures(macro)),
    line("weighted avg", figures(weighted)),
  ].join("");
}
