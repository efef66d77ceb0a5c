/** A surrogate tree as a picture: left to right, a line of text a branch, shares of selected rows at the nodes. */
import type { Feature } from "../task.ts";
import { decides, englishTree, splitText, type TreeNode, type TreeWords } from "./tree.ts";

/** Pixels of the drawing's own units */
const rowHeight = 58;
const columnWidth = 250;
const charactersALine = 34;

const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const shortened = (text: string) => (text.length > charactersALine ? `${text.slice(0, charactersALine - 1)}…` : text);

/** @param path nodes of an explained row, drawn strong @returns SVG in one file, with its description for a screen reader */
export function treeSvg(
  features: readonly Feature[],
  tree: TreeNode,
  path: readonly TreeNode[] = [],
  words: TreeWords = englishTree,
): string {
  const marks: string[] = [];
  let leaves = 0;
  let deepest = 0;
  const draw = (node: TreeNode, depth: number, text: string): number => {
    deepest = Math.max(deepest, depth);
    const x = 20 + depth * columnWidth;
    const below = node.split
      ? node.split.below.map((side, i) => draw(side, depth + 1, splitText(features, node.split!, i as 0 | 1, words)))
      : [];
    const y = node.split ? (below[0]! + below[1]!) / 2 : 30 + rowHeight * leaves++;
    node.split?.below.forEach((side, i) => {
      const strong = path.includes(side) ? 3 : 1;
      marks.unshift(
        `<path d="M${x + 8} ${y} C${x + 90} ${y} ${x + 60} ${below[i]} ${x + columnWidth - 8} ${below[i]}" fill="none" stroke="#57606a" stroke-width="${strong}"/>`,
      );
    });
    const [refused, selected] = node.counts;
    const share = refused + selected > 0 ? Math.round((100 * selected) / (refused + selected)) : 0;
    const fill = decides(node) ? "#1a6b3c" : "#a3261b";
    const weight = path.includes(node) ? "600" : "400";
    marks.push(
      `<g font-weight="${weight}"><title>${escaped(text)}</title><circle cx="${x}" cy="${y}" r="8" fill="${fill}"/>`,
      `<text x="${x}" y="${y - 14}" text-anchor="${depth === 0 ? "start" : "middle"}">${escaped(shortened(text))}</text>`,
      `<text x="${x}" y="${y + 22}" text-anchor="${depth === 0 ? "start" : "middle"}" fill="${fill}">${share} %</text></g>`,
    );
    return y;
  };
  draw(tree, 0, words.allRows);
  const width = 20 + deepest * columnWidth + 170;
  const height = 30 + rowHeight * leaves;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" font-size="12" fill="#1b1f24" role="img" aria-labelledby="title description">`,
    `<title id="title">${escaped(words.title)}</title>`,
    `<desc id="description">${escaped(rulesOf(features, tree, words).join("; "))}</desc>`,
    ...marks,
    "</svg>\n",
  ].join("\n");
}

/** One line a leaf: the way to it, and what is decided there. */
export function rulesOf(features: readonly Feature[], tree: TreeNode, words: TreeWords = englishTree): string[] {
  const walk = (node: TreeNode, way: string[]): string[] =>
    node.split
      ? node.split.below.flatMap((side, i) => walk(side, [...way, splitText(features, node.split!, i as 0 | 1, words)]))
      : [`${way.join(words.and) || words.always} → ${decides(node) ? words.selected : words.refused}`];
  return walk(tree, []);
}
