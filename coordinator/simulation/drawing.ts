/** Figures as SVG without a script: Observable Plot draws them on a document that no browser has. */
import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";

/** Okabe & Ito's colours, told apart by all kinds of eyes */
export const colours = ["#000000", "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8a8a00"];

export interface Drawing {
  title: string;
  /** A line under the title */
  under: string;
  /** What a reader needs to make the figure again */
  caption?: string;
  options: Plot.PlotOptions;
}

const top = 60;
const edge = 20;

export function svgOf({ title, under, caption, options }: Drawing): string {
  const { document } = parseHTML("<!doctype html><html></html>");
  const { width = 720, height = 400, marginTop = top, marginLeft = 70 } = options;
  const style = { background: "white", fontFamily: "system-ui, sans-serif", fontSize: "12px" };
  const svg = Plot.plot({ ...options, width, height, marginTop, marginLeft, style, document });
  const element = (name: string, text: string, attributes: Record<string, string | number> = {}) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    made.textContent = text;
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, `${value}`);
    return made;
  };
  svg.prepend(
    element("title", title),
    ...(caption === undefined ? [] : [element("desc", caption)]),
    element("rect", "", { width: "100%", height: "100%", fill: "#fff" }),
    element("text", title, { x: edge, y: 24, "font-size": 15, "text-anchor": "start" }),
    element("text", under, { x: edge, y: 42, fill: "#444", "text-anchor": "start" }),
  );
  svg.setAttribute("role", "img");
  svg.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return `${svg.outerHTML}\n`;
}

/** A name a line, right of all fields. */
export const legend = (
  entries: readonly { label: string; colour: string; symbol?: Plot.SymbolType }[],
): Plot.Markish[] =>
  entries.flatMap(({ label, colour, symbol = "circle" }, i) => {
    const at = { facet: "super", frameAnchor: "top-right", dy: 10 + 22 * i } as const;
    return [
      Plot.dot([0], { ...at, dx: 20, r: 5, fill: colour, symbol }),
      Plot.text([label], { ...at, dx: 32, textAnchor: "start" }),
    ];
  });
