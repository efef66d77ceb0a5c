/**
 * A message that is nearly right: one to three places in it are changed. A field is missing, is twice there, has another's
 * value or another type; numbers stand at their limits, texts and bytes are too short or too long or not what they were.
 */
import type { Dice } from "./dice.ts";

const numbers = [
  0,
  -0,
  -1,
  0.5,
  1e-320,
  254,
  255,
  256,
  9_999,
  10_001,
  2 ** 31 - 1,
  2 ** 31,
  -(2 ** 31),
  2 ** 32,
  2 ** 53,
  1e21,
  1e308,
  Number.NaN,
  Number.POSITIVE_INFINITY,
];
const names = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "length",
  "then",
  "_placeholder",
  "",
  "\u0000",
  "é",
];
const texts = [
  "",
  " ",
  "\u0000",
  "null",
  "é",
  "\ud800",
  "..",
  "'; drop table runs; --",
  "%s",
  "\r\n\r\n",
  "[object Object]",
];

export function mutate(dice: Dice, value: unknown): unknown {
  let changed = value;
  for (let times = 1 + dice.below(3); times > 0; times--) changed = mutateOnce(dice, changed);
  return changed;
}

function mutateOnce(dice: Dice, value: unknown): unknown {
  const isWhole = !isTree(value) || dice.oneIn(12);
  if (isWhole) return another(dice, value);
  const copy: Record<string, unknown> = Array.isArray(value) ? ([...value] as never) : { ...value };
  const keys = Object.keys(copy);
  const key = keys.length === 0 ? dice.of(names) : dice.of(keys);
  const deeper = isTree(copy[key]) ? 3 : 10;
  if (!dice.oneIn(deeper)) {
    put(copy, key, mutateOnce(dice, copy[key]));
    return copy;
  }
  switch (dice.below(4)) {
    case 0:
      Reflect.deleteProperty(copy, key);
      break;
    case 1:
      put(copy, dice.oneIn(2) ? dice.of(names) : `${key}2`, copy[key]);
      break;
    case 2:
      put(copy, key, copy[dice.of(keys.length === 0 ? names : keys)]);
      break;
    default:
      put(copy, key, value);
  }
  return copy;
}

/** Something else in its place, often of its own kind */
function another(dice: Dice, value: unknown): unknown {
  if (value instanceof Uint8Array && !dice.oneIn(5)) return otherBytes(dice, value);
  if (typeof value === "string" && !dice.oneIn(5)) return otherText(dice, value);
  if (typeof value === "number" && !dice.oneIn(5))
    return dice.oneIn(3) ? value + dice.of([-1, 1, 0.5]) : dice.of(numbers);
  switch (dice.below(9)) {
    case 0:
      return null;
    case 1:
      return dice.oneIn(2);
    case 2:
      return dice.of(numbers);
    case 3:
      return dice.of(texts);
    case 4:
      return dice.bytes(600);
    case 5:
      return [];
    case 6:
      return {};
    case 7:
      return nested(dice);
    default:
      return [value, value];
  }
}

function otherText(dice: Dice, text: string): string {
  const at = dice.below(text.length + 1);
  switch (dice.below(6)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return text + dice.of(texts);
    case 2:
      return text.slice(0, at) + String.fromCharCode(dice.below(0x3000)) + text.slice(at + 1);
    case 3:
      return text.toUpperCase();
    case 4:
      return dice.of(texts);
    default:
      return text.repeat(1 + dice.below(dice.oneIn(40) ? 2000 : 4));
  }
}

function otherBytes(dice: Dice, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const at = dice.below(bytes.length + 1);
  switch (dice.below(4)) {
    case 0:
      return bytes.slice(0, at);
    case 1: {
      const longer = new Uint8Array(bytes.length + 1 + dice.below(64));
      longer.set(bytes);
      return longer;
    }
    case 2:
      return dice.bytes(2 * bytes.length + 8);
    default: {
      const flipped = Uint8Array.from(bytes);
      if (flipped.length > 0) flipped[at % flipped.length]! ^= 1 << dice.below(8);
      return flipped;
    }
  }
}

/** Deeper than anything of ours; see also frames.ts */
function nested(dice: Dice): unknown {
  let value: unknown = 1;
  for (let depth = dice.of([3, 30, 500]); depth > 0; depth--) value = dice.oneIn(2) ? [value] : { a: value };
  return value;
}

const isTree = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !(value instanceof Uint8Array);

/** Without the setter that «__proto__» has; an array's length is no field to be sent */
function put(target: Record<string, unknown>, key: string, value: unknown): void {
  if (Array.isArray(target) && key === "length") return;
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}
