/** Bytes as they left, in the way programmers look at them: place, then eight at a time. */

const across = 8;

export function Hex({ bytes }: { bytes: readonly number[] }) {
  const rows = Array.from({ length: Math.ceil(bytes.length / across) }, (_, i) =>
    bytes.slice(i * across, (i + 1) * across),
  );
  const two = (value: number) => value.toString(16).padStart(2, "0");
  return (
    <pre class="hex mono">
      {rows.map((row, i) => `${(i * across).toString(16).padStart(4, "0")}  ${row.map(two).join(" ")}`).join("\n")}
    </pre>
  );
}
