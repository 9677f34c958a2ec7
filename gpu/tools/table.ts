/** Tables for people. */

/** The lines of a table: the first `left` columns are set flush left, the others flush right. */
export function tableLines(rows: readonly (readonly string[])[], left = 1): string[] {
  const widths = rows[0].map((_, k) => Math.max(...rows.map((row) => row[k].length)));
  return rows.map((row) =>
    row.map((cell, k) => k < left ? cell.padEnd(widths[k]) : cell.padStart(widths[k])).join("  ")
      .trimEnd()
  );
}

/** A text, cut to at most `length` characters. */
export function shortened(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

/** Bytes for people, such as `1.5 MiB`. */
export function showBytes(bytes: number): string {
  let [value, unit] = [bytes, "B"];
  for (const next of ["KiB", "MiB", "GiB"]) {
    if (value < 1024) break;
    [value, unit] = [value / 1024, next];
  }
  return `${value.toFixed(1).replace(/\.0$/, "")} ${unit}`;
}
