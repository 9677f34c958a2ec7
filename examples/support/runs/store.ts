/** The runs that are done, in one JSON file, each with the configuration that it was done with. */
import { z } from "zod";
import type { Done, Kind } from "./kind.ts";

/** Two runs are the same if everything that decides their figures is. */
const keyOf = (run: object): string =>
  JSON.stringify(Object.entries(run).toSorted(([a], [b]) => a < b ? -1 : 1));

/** How the runs of a store and their results are written. */
type Written<Run, Result> = Pick<Kind<Run, Result>, "run" | "result">;

/** Keeps results in a file, which is whole at every moment. */
export class Store<Run extends object, Result> {
  readonly #path: string;
  readonly #done: Map<string, Done<Run, Result>>;

  private constructor(path: string, done: Map<string, Done<Run, Result>>) {
    this.#path = path;
    this.#done = done;
  }

  /**
   * The results in the file, none where there is no file.
   *
   * @throws {Error} if the file is not one that such runs wrote.
   */
  static async open<Run extends object, Result>(
    path: string,
    { run, result }: Written<Run, Result>,
  ): Promise<Store<Run, Result>> {
    let text: string;
    try {
      text = await Deno.readTextFile(path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      return new Store(path, new Map());
    }
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      throw new Error(`Cannot resume from ${path}: ${(error as Error).message}`);
    }
    const parsed = z.strictObject({ runs: z.array(z.strictObject({ run, result })) })
      .safeParse(value);
    if (!parsed.success) {
      throw new Error(
        `Cannot resume from ${path}: ${
          z.prettifyError(parsed.error)
        }\nWith --fresh it starts again.`,
      );
    }
    const entries = parsed.data.runs as Done<Run, Result>[];
    return new Store(path, new Map(entries.map((entry) => [keyOf(entry.run), entry])));
  }

  /** An empty store that will replace the file. */
  static empty<Run extends object, Result>(path: string): Store<Run, Result> {
    return new Store(path, new Map());
  }

  /** The result of the run, if it is done. */
  get(run: Run): Result | undefined {
    return this.#done.get(keyOf(run))?.result;
  }

  /** Notes a result, in the file too: under another name, which then takes the place of the file. */
  async add(run: Run, result: Result): Promise<void> {
    this.#done.set(keyOf(run), { run, result });
    const slash = this.#path.lastIndexOf("/");
    if (slash > 0) await Deno.mkdir(this.#path.slice(0, slash), { recursive: true });
    const text = JSON.stringify({ runs: [...this.#done.values()] }, null, 1);
    await Deno.writeTextFile(`${this.#path}.tmp`, text + "\n");
    await Deno.rename(`${this.#path}.tmp`, this.#path);
  }
}
