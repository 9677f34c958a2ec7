/** Tables of text. */

/** Columns side by side under their titles, those from `figures` on to the right; null is a rule. */
export function formatTable(
  titles: readonly string[],
  rows: readonly (readonly string[] | null)[],
  figures: number,
): string {
  const lines = [titles, ...rows.filter((row) => row !== null)];
  const widths = titles.map((_, k) => Math.max(...lines.map((row) => [...row[k]].length)));
  const line = (row: readonly string[]) =>
    row.map((cell, k) => {
      const space = " ".repeat(widths[k] - [...cell].length);
      return k < figures ? cell + space : space + cell;
    }).join("  ").trimEnd();
  const rule = "─".repeat(widths.reduce((sum, w) => sum + w + 2, -2));
  return [line(titles), rule, ...rows.map((row) => row ? line(row) : rule)].join("\n");
}
