/** Numbers and times as the page's language writes them. */
import { language, languages } from "./messages.ts";

const tag = () => languages[language.value].tag;

/** Building a formatter is slow, and tables ask for the same ones again and again. */
const numberFormats = new Map<string, Intl.NumberFormat>();

function numberFormat(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = tag() + JSON.stringify(options);
  const known = numberFormats.get(key) ?? new Intl.NumberFormat(tag(), options);
  numberFormats.set(key, known);
  return known;
}

export const count = (value: number): string => numberFormat({ maximumFractionDigits: 0 }).format(value);

/** A measurement, to three significant digits. */
export const figure = (value: number): string => numberFormat({ maximumSignificantDigits: 3 }).format(value);

/** A share in [0, 1] as percents. */
export const percent = (share: number): string =>
  numberFormat({ style: "percent", maximumFractionDigits: 1 }).format(share);

/** Two decimals, rounded up: for an ε, and what follows from it, a page never shows less than it is. */
export const roundedUp = (value: number): string =>
  numberFormat({ maximumFractionDigits: 2 }).format(Math.ceil(value * 100 - 1e-9) / 100);

const superscripts = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** A δ such as 10⁻⁵ or 2×10⁻⁶. */
export function deltaText(delta: number): string {
  const [mantissa, exponent] = delta.toExponential(1).split("e") as [string, string];
  const power = [...exponent].map((c) => (c === "-" ? "⁻" : (superscripts[Number(c)] ?? ""))).join("");
  const digits = numberFormat({ maximumFractionDigits: 1 }).format(Number(mantissa));
  return digits === "1" ? `10${power}` : `${digits}×10${power}`;
}

/** @param iso ISO 8601 */
export const clock = (iso: string): string =>
  new Intl.DateTimeFormat(tag(), { hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(new Date(iso));

/** @param iso ISO 8601 */
export const moment = (iso: string): string =>
  new Intl.DateTimeFormat(tag(), { dateStyle: "medium", timeStyle: "short" }).format(new Date(iso));

/** First digits of a hash, enough to compare by eye. */
export const shortHash = (hex: string): string => `${hex.slice(0, 8)}…${hex.slice(-4)}`;
