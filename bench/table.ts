/** The table: for a terminal, and as Markdown. */
import type { PeerResult, Row } from "./run.ts";
import type { Verdict } from "./targets.ts";

/** The columns of other libraries. */
export const PEER_COLUMNS = ["tfjs", "jax webgpu", "jax wasm"] as const;

/** Milliseconds with three digits that mean something. */
export function milliseconds(ms: number): string {
  return ms < 10 ? ms.toFixed(2) : ms < 100 ? ms.toFixed(1) : ms.toFixed(0);
}

function rate({ rate, unit }: Row): string {
  if (rate === undefined) return "";
  const digits = rate < 1e10 ? 1 : 0;
  return `${(rate / 1e9).toFixed(digits)} ${unit === "flop/s" ? "GFLOP/s" : "GB/s"}`;
}

function peerCell(cell: PeerResult | undefined): string {
  if (!cell) return "";
  if ("word" in cell) return cell.word;
  return `${cell.once ? "~" : ""}${milliseconds(cell.ms)} (${cell.ratio.toFixed(1)}×)`;
}

function time({ ms, script, device, first }: Row): string {
  const parts = [
    script === undefined ? "" : `JS ${script.toFixed(2)}`,
    device === undefined ? "" : `device ${milliseconds(device)}`,
    first === undefined ? "" : `first ${first.toFixed(0)}`,
  ].filter((part) => part !== "");
  return milliseconds(ms) + (parts.length > 0 ? ` (${parts.join(", ")})` : "");
}

/** The table's cells, the header first. */
export function cells(rows: readonly Row[], verdicts: readonly Verdict[]): string[][] {
  const header = ["engine", "work", "ms", "rate", "of limit", ...PEER_COLUMNS, "target"];
  return [
    header,
    ...rows.map((row) => [
      row.engine,
      row.key,
      time(row),
      rate(row),
      row.fraction?.toFixed(2) ?? "",
      ...PEER_COLUMNS.map((column) => peerCell(row.peers[column])),
      verdicts.filter((v) => v.engine === row.engine && v.key === row.key)
        .map((v) => `${v.met ? "met" : "missed"}: ${v.text}`).join("; "),
    ]),
  ];
}

/** Columns side by side. */
export function asText(table: readonly string[][]): string {
  const widths = table[0].map((_, c) => Math.max(...table.map((line) => line[c].length)));
  const last = widths.length - 1;
  return table.map((line) =>
    line.map((cell, c) => c === last ? cell : cell.padEnd(widths[c])).join("  ").trimEnd()
  ).join("\n");
}

/** The same as Markdown. */
export function asMarkdown(table: readonly string[][]): string {
  const [header, ...rest] = table.map((line) => `| ${line.join(" | ")} |`);
  return [header, `| ${table[0].map(() => "---").join(" | ")} |`, ...rest].join("\n");
}
