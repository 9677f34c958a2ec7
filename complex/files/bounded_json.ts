/** JSON from files that nobody vouches for: its depth and the number of its values are bounded. */
/** How deep lists and records may lie in one another. */
const DEEPEST = 512;
/** The most lists, records and items; a few hundred bytes each once they are parsed. */
const MOST_VALUES = 2 ** 22;

const [QUOTE, COMMA, BACKSLASH] = [0x22, 0x2c, 0x5c];
const OPENS = [0x5b, 0x7b];
const CLOSES = [0x5d, 0x7d];

/** Why a text is not parsed, told from its signs alone, before anything of it is made; null if it may be. */
export function excessOf(text: string): string | null {
  let [depth, values, inText] = [0, 0, false];
  for (let k = 0; k < text.length; k++) {
    const c = text.charCodeAt(k);
    if (c === QUOTE) inText = !inText;
    else if (inText) k += c === BACKSLASH ? 1 : 0;
    else if (c === COMMA) values++;
    else if (c === OPENS[0] || c === OPENS[1]) {
      values++;
      if (++depth > DEEPEST) return `has values deeper than ${DEEPEST} in one another`;
    } else if (c === CLOSES[0] || c === CLOSES[1]) depth--;
    if (values > MOST_VALUES) return `has more than ${MOST_VALUES} values`;
  }
  return null;
}

/** The value of a text; `refuse` is told why, if it is not JSON or too much of it. */
export function parseBounded(text: string, refuse: (why: string) => Error): unknown {
  const excess = excessOf(text);
  if (excess !== null) throw refuse(excess);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw refuse(`is not JSON (${(error as Error).message})`);
  }
}
