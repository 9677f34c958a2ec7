/** File and folder names that comments and pages mention, and which of them exist. */
import { filesIn } from "./texts.ts";

/** What readers are told to make themselves, or what belongs to others. */
const ELSEWHERE = new Set(
  [
    "hello.ts",
    "train.ts",
    "use.ts",
    "longer.ts",
    "script.ts",
    "learn.ts",
    "package.json",
    "tsconfig.json",
    "",
  ],
);
/** The folder of a clone, as pages call it. */
const CLONE = /^argand\//;

const FILE = /(?<![\w./*<>-])[\w./-]*\w\.(?:ts|md|json|lock|yml|py|ipynb)(?![\w/])/g;
const FOLDER = /(?<![\w./*<>-])(?:complex|nn|gpu|tests|docs|examples|bench)\/[\w./-]*(?![\w*<>-])/g;
const QUOTED_FOLDER = /(?<=`)[\w-][\w./-]*\/(?=`)/g;
const LINK = /\]\(([^)\s]+)\)/g;

/** The names in the comments of a TypeScript file, or in a page, whose blocks of code are left out. */
export function namesIn(path: string, text: string): Set<string> {
  const prose = (path.endsWith(".ts") ? commentsIn(text) : text)
    .replace(/```[^]*?```/g, "")
    .replace(/\w+:\/\/\S+|\b(?:npm|jsr):\S+/g, "");
  const names = [FILE, FOLDER, QUOTED_FOLDER].flatMap((pattern) => prose.match(pattern) ?? [])
    .map((name) => name.replace(/[.:]+$/, "").replace(CLONE, ""));
  return new Set(names.filter((name) => !ELSEWHERE.has(name) && !name.startsWith("out/")));
}

/** The targets of the links in a page, but for those on the web. */
export function linksIn(text: string): string[] {
  return [...text.replace(/```[^]*?```/g, "").matchAll(LINK)].map(([, target]) => target)
    .filter((target) => !/^\w+:/.test(target));
}

function commentsIn(text: string): string {
  return (text.match(/\/\*[^]*?\*\/|(?<=^|\s)\/\/ .*$/gm) ?? []).join("\n");
}

/** All files and the folders that they are in, by their paths from the root. */
export async function everything(): Promise<Set<string>> {
  const paths = new Set<string>();
  for (let path of await filesIn(["."])) {
    while (path !== "" && !paths.has(path)) {
      paths.add(path);
      path = path.slice(0, Math.max(0, path.lastIndexOf("/")));
    }
  }
  return paths;
}

/** Whether a name, seen in the file at `from`, means one of `paths`: the end of a path is enough. */
export function exists(name: string, from: string, paths: ReadonlySet<string>): boolean {
  const folder = from.slice(0, from.lastIndexOf("/") + 1);
  const wanted = /^\.\.?\//.test(name) ? resolve(folder + name) : resolve(name);
  if (paths.has(wanted)) return true;
  for (const path of paths) if (path.endsWith(`/${wanted}`)) return true;
  return false;
}

/** Whether a link in the page at `from` leads to a file, and to a heading where it names one. */
export async function leads(target: string, from: string): Promise<boolean> {
  const [file, heading] = target.split("#");
  const folder = from.slice(0, from.lastIndexOf("/") + 1);
  const path = file === "" ? from : resolve(folder + file);
  try {
    if (heading === undefined) return (await Deno.stat(path)) !== null;
    const headings = (await Deno.readTextFile(path)).match(/^#+ .*$/gm) ?? [];
    return headings.some((line) => anchor(line) === heading);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** The anchor that a heading has. */
function anchor(heading: string): string {
  return heading.replace(/^#+ /, "").toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
}

/** A path without `.` and `..` and without a slash at its end. */
function resolve(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "." && part !== "") parts.push(part);
  }
  return parts.join("/");
}
