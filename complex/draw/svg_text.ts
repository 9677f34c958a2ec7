/** Texts in SVG. */

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

/** A text as SVG writes it, with minus signs before numbers. */
export function svgText(text: string): string {
  return text.replaceAll(/[&<>"]/g, (c) => ENTITIES[c])
    .replaceAll(/(?<=^|[\s=(])-(?=[\di])/g, "−");
}
