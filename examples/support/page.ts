/** The pages that the examples write: one HTML file that needs nothing else, light or dark. */

/** A key figure under the title, such as `{ label: "device", value: "llvmpipe" }`. */
export interface Figure {
  readonly label: string;
  readonly value: string;
}

/** The contents of a page; absent parts take no space. */
export interface Page {
  readonly title: string;
  /** One sentence under the title. */
  readonly summary?: string;
  readonly figures?: readonly Figure[];
  /** HTML, see {@link section}. */
  readonly sections?: readonly string[];
  /** The command that makes the page again. */
  readonly command?: string;
  /** Rules in addition to those of every page. */
  readonly style?: string;
}

/** Text as HTML shows it. */
export const escape = (text: string): string =>
  text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

/** A number for people: three digits, thin spaces that do not break between thousands. */
export function pretty(x: number): string {
  if (x !== 0 && Math.abs(x) < 1000) return String(Number(x.toPrecision(3)));
  return Math.round(x).toString().replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

/** A card; `note` and `body` are HTML. */
export function section(title: string, note: string, body: string): string {
  return `<section><h2>${escape(title)}</h2>\n<p class="note">${note}</p>\n${body}</section>`;
}

const STYLE = `
:root { color-scheme: light dark; --ground: #fbfbf9; --card: #fff; --ink: #1d2129; --soft: #667080;
  --line: #e4e5e8; --strong: #2f5fd0; --faint: #2f5fd04d; --wrong: #c8321f; }
@media (prefers-color-scheme: dark) { :root { --ground: #14161a; --card: #1c1f25; --ink: #e8eaee;
  --soft: #98a1b0; --line: #30343c; --strong: #86a9ff; --faint: #86a9ff55; --wrong: #ff7b66; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2.5rem 1.25rem 4rem; max-width: 52rem; background: var(--ground);
  color: var(--ink); font: 16px/1.5 system-ui, sans-serif; font-variant-numeric: tabular-nums; }
h1 { margin: 0; font-size: 1.9rem; line-height: 1.2; letter-spacing: -0.02em; }
h2 { margin: 0; font-size: 1.05rem; }
header p { margin: .4rem 0 0; color: var(--soft); }
dl { display: flex; flex-wrap: wrap; gap: 1px; margin: 1.75rem 0 0;
  background: var(--line); border: 1px solid var(--line); border-radius: 10px; overflow: hidden; }
dl div { flex: 1 1 9rem; padding: .7rem 1rem; background: var(--card); }
dt { color: var(--soft); font-size: .8rem; }
dd { margin: 0; font-size: 1.15rem; font-weight: 600; overflow-wrap: anywhere; }
dd.long { font-size: .875rem; font-weight: 500; line-height: 1.3; }
section { margin-top: 1.25rem; padding: 1.1rem 1.25rem 1.25rem; background: var(--card);
  border: 1px solid var(--line); border-radius: 10px; }
.note { margin: .1rem 0 1rem; color: var(--soft); font-size: .875rem; }
svg { display: block; width: 100%; height: auto; overflow: visible; }
figure { margin: 0; }
footer { margin-top: 1.5rem; color: var(--soft); font-size: .85rem; }
`;

/** The page as the text of an HTML file. */
export function formatPage(page: Page): string {
  const { title, summary, figures = [], sections = [], command, style = "" } = page;
  const parts = [
    `<header><h1>${escape(title)}</h1>${summary ? `<p>${escape(summary)}</p>` : ""}</header>`,
    figures.length > 0 &&
    `<dl>${
      figures.map((f) =>
        `<div><dt>${escape(f.label)}</dt><dd${f.value.length > 12 ? ` class="long"` : ""}>${
          escape(f.value)
        }</dd></div>`
      )
        .join("\n")
    }</dl>`,
    ...sections,
    command && `<footer>Made by <code>${escape(command)}</code></footer>`,
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<style>${STYLE}${style}</style>
</head>
<body>
${parts.filter(Boolean).join("\n")}
</body>
</html>
`;
}

/** Writes text to `path`, and creates its folder if necessary. */
export async function writePage(path: string, html: string): Promise<void> {
  const slash = path.lastIndexOf("/");
  if (slash > 0) await Deno.mkdir(path.slice(0, slash), { recursive: true });
  await Deno.writeTextFile(path, html);
}
