/** The floors of the source, drawn from its imports: what a folder's entries import of one another. */

import { posix } from "node:path";

/** Imports by file, both as paths from the root. */
export type Imports = ReadonlyMap<string, readonly string[]>;

/** The files of a folder that end in .ts, those of its subfolders included. */
async function* sources(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) yield* sources(path);
    else if (name.endsWith(".ts")) yield path;
  }
}

const IMPORT = /\b(?:from|import)\s*\(?\s*"(\.{1,2}\/[^"]+|@argand\/[^"]+)"/g;

/** What a file imports of the project's own: relative paths, and the package by its public names. */
function importsOf(file: string, source: string, exports: Record<string, string>): string[] {
  const code = source.replace(/\/\*[^]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
  return [...code.matchAll(IMPORT)].map(([, specifier]) => {
    if (specifier.startsWith("@")) {
      return exports[`.${specifier.slice("@argand/argand".length)}`].slice(2);
    }
    return posix.join(posix.dirname(file), specifier);
  });
}

/** The faces of the package that stand in its root. */
const FACES = ["mod.ts", "gpu.ts"];

/** The imports of every file in the folders, and of the faces in the root. */
export async function readImports(folders: readonly string[]): Promise<Imports> {
  const { exports } = JSON.parse(await Deno.readTextFile("deno.json"));
  const imports = new Map<string, string[]>();
  const read = async (file: string) => {
    imports.set(file, importsOf(file, await Deno.readTextFile(file), exports));
  };
  for (const folder of folders) for await (const file of sources(folder)) await read(file);
  for (const file of FACES) await read(file);
  return imports;
}

/** The entry of a folder in which a file lies: a file, or a subfolder with a slash; null if outside. */
function entryOf(folder: string, file: string): string | null {
  if (!file.startsWith(folder)) return null;
  const [name, ...inside] = file.slice(folder.length).split("/");
  return inside.length > 0 ? `${name}/` : name;
}

/** Every folder that has files at or below it, the root ("") included. */
export function foldersOf(imports: Imports): string[] {
  const folders = new Set([""]);
  for (const file of imports.keys()) {
    const names = file.split("/").slice(0, -1);
    names.forEach((_, k) => folders.add(`${names.slice(0, k + 1).join("/")}/`));
  }
  return [...folders].sort();
}

/**
 * The entries of a folder by floors, the lowest first: an entry stands on the floor above the highest
 * that it imports. Throws where entries import each other in a circle.
 */
export function floorsOf(folder: string, imports: Imports): string[][] {
  const below = new Map<string, Set<string>>();
  for (const [file, targets] of imports) {
    const entry = entryOf(folder, file);
    if (entry === null) continue;
    const mine = below.get(entry) ?? new Set();
    below.set(entry, mine);
    for (const target of targets) {
      const other = entryOf(folder, target);
      if (other !== null && other !== entry) mine.add(other);
    }
  }
  const floor = new Map<string, number>();
  const path: string[] = [];
  const climb = (entry: string): number => {
    const known = floor.get(entry);
    if (known !== undefined) return known;
    if (path.includes(entry)) {
      const circle = [...path.slice(path.indexOf(entry)), entry];
      throw new Error(`circle in ${folder || "the root"}: ${circle.join(" → ")}`);
    }
    path.push(entry);
    const height = Math.max(-1, ...[...below.get(entry) ?? []].map(climb)) + 1;
    path.pop();
    floor.set(entry, height);
    return height;
  };
  const floors: string[][] = [];
  for (const entry of [...below.keys()].sort()) (floors[climb(entry)] ??= []).push(entry);
  return floors;
}

/** The floors as ARCHITECTURE.md shows them, the highest first. */
export function drawFloors(folder: string, imports: Imports): string {
  const lines = floorsOf(folder, imports).reverse().map((entries) => `  ${entries.join("  ")}`);
  return [folder || "./", ...lines].join("\n");
}
