/**
 * What WGSL lacks for tiles in registers: every register of a tile must be spelled out by name, since an array would
 * lie in memory. Directives stand on lines of their own:
 *
 *   //! use NAME             the functions and types of snippets/NAME.wgsl, joined behind the file
 *   //! insert NAME a=x      the lines of snippets/NAME.wgsl in this place, with x for {a}
 *   //! each NAME … //! end  the lines between, once for every value of NAME, with the value for {NAME}
 *   //! if NAME … //! else … //! end
 *
 * A line with {NAME} outside of an `each` of that name is repeated for every value.
 */

/** How often each name of an `each` repeats, and what each name of an `if` says. */
export interface Scope {
  counts: Record<string, number>;
  flags: Record<string, boolean>;
}

/** A line and where it stands, so that errors can be named by it. */
export interface Line {
  text: string;
  file: string;
  number: number;
}

/**
 * The text with all directives carried out; snippets that it uses come last, each once.
 * @throws Error for an unknown snippet or name, and for a block without its end
 */
export function expand(file: string, source: string, snippets: Record<string, string>, scope: Scope): Line[] {
  const used = new Map<string, Line[]>();
  const snippet = (name: string, by: Line): Line[] => {
    const text = snippets[name];
    if (text === undefined) throw new Error(`${by.file}:${by.number}: no snippet named ${name}`);
    return linesOf(`snippets/${name}.wgsl`, text);
  };

  function expandLines(lines: Line[], values: Record<string, string>): Line[] {
    const out: Line[] = [];
    for (let i = 0; i < lines.length; i++) {
      const line = lines[i]!;
      const [, directive, name = "", rest = ""] = /^\s*\/\/! (\w+)(?: ([\w-]+))?(.*)$/.exec(line.text) ?? [];
      switch (directive) {
        case undefined:
          out.push(...repeated(line, values));
          break;
        case "use":
          if (!used.has(name)) {
            used.set(name, []);
            used.set(name, expandLines(snippet(name, line), {}));
          }
          break;
        case "insert": {
          const named = Object.fromEntries([...rest.matchAll(/(\w+)=(\S+)/g)].map(([, key, value]) => [key!, value!]));
          out.push(...expandLines(snippet(name, line), { ...values, ...named }));
          break;
        }
        case "each":
        case "if": {
          const { end, middle } = blockOf(lines, i);
          const first = lines.slice(i + 1, middle ?? end);
          if (directive === "each") {
            for (let value = 0; value < countOf(name, line); value++) {
              out.push(...expandLines(first, { ...values, [name]: String(value) }));
            }
          } else {
            const flag = scope.flags[name];
            if (flag === undefined) throw new Error(`${line.file}:${line.number}: no flag named ${name}`);
            out.push(...expandLines(flag ? first : lines.slice((middle ?? end) + 1, end), values));
          }
          i = end;
          break;
        }
        default:
          throw new Error(`${line.file}:${line.number}: no directive named ${directive}`);
      }
    }
    return out;
  }

  function repeated(line: Line, values: Record<string, string>): Line[] {
    const free = /\{(\w+)\}/.exec(line.text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole))?.[1];
    if (free !== undefined) {
      return Array.from({ length: countOf(free, line) }, (_, value) =>
        repeated(line, { ...values, [free]: String(value) }),
      ).flat();
    }
    return [{ ...line, text: line.text.replace(/\{(\w+)\}/g, (_, name) => values[name]!) }];
  }

  function countOf(name: string, line: Line): number {
    const count = scope.counts[name];
    if (count === undefined) throw new Error(`${line.file}:${line.number}: nothing says how often {${name}} repeats`);
    return count;
  }

  const own = expandLines(linesOf(file, source), {});
  return [...own, ...[...used.values()].flat()];
}

const linesOf = (file: string, text: string): Line[] =>
  text.split("\n").map((line, i) => ({ text: line, file, number: i + 1 }));

/** Of the block that begins at `start`: the lines of its `end`, and of its `else` if it has one. */
function blockOf(lines: Line[], start: number): { end: number; middle: number | undefined } {
  let depth = 0;
  let middle: number | undefined;
  for (let i = start; i < lines.length; i++) {
    const directive = /^\s*\/\/! (\w+)/.exec(lines[i]!.text)?.[1];
    if (directive === "each" || directive === "if") depth++;
    if (directive === "else" && depth === 1) middle = i;
    if (directive === "end" && --depth === 0) return { end: i, middle };
  }
  throw new Error(`${lines[start]!.file}:${lines[start]!.number}: the block has no //! end`);
}
