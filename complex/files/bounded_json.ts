/** JSON from files that nobody vouches for: its depth and the number of its values are bounded. */
/** How deep lists and records may lie in one another. */
const DEEPEST = 512;
/** The most lists, records and items; a few hundred bytes each once they are parsed. */
const MOST_VALUES = 2 ** 22;

const [QUOTE, COMMA, COLON, BACKSLASH] = [0x22, 0x2c, 0x3a, 0x5c];
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

/** The names that a text gives to values: each is followed by a colon. */
function namesIn(text: string): number {
  let [names, inText] = [0, false];
  for (let k = 0; k < text.length; k++) {
    const c = text.charCodeAt(k);
    if (c === QUOTE) inText = !inText;
    else if (inText) k += c === BACKSLASH ? 1 : 0;
    else if (c === COLON) names++;
  }
  return names;
}

/** The names in a value, whose depth is bounded. */
function namesOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const inside = Object.values(value);
  return inside.reduce((sum, x) => sum + namesOf(x), Array.isArray(value) ? 0 : inside.length);
}

/**
 * The value of a text; `refuse` is told why, if it is not JSON or too much of it, or if a record has a
 * name twice, of which every reader takes what it likes.
 */
export function parseBounded(text: string, refuse: (why: string) => Error): unknown {
  const excess = excessOf(text);
  if (excess !== null) throw refuse(excess);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw refuse(`is not JSON (${(error as Error).message})`);
  }
  const twice = namesIn(text) - namesOf(value);
  if (twice > 0) throw refuse(`has ${twice} of its names twice in a record`);
  return value;
}
