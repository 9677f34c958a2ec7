/** The runs that are done, in one JSON file, each with the configuration that it was done with. */
import { z } from "zod";
import { type Result, resultSchema, type Run, runSchema } from "./plan.ts";

const storeSchema = z.strictObject({
  runs: z.array(z.strictObject({ run: runSchema, result: resultSchema })),
});

/** Two runs are the same if everything that decides their figures is. */
const keyOf = (run: Run): string =>
  JSON.stringify(Object.entries(run).toSorted(([a], [b]) => a < b ? -1 : 1));

type Entries = Map<string, { readonly run: Run; readonly result: Result }>;

/** Keeps results in a file, which is whole at every moment. */
export class Store {
  readonly #path: string;
  readonly #done: Entries;

  private constructor(path: string, done: Entries) {
    this.#path = path;
    this.#done = done;
  }

  /**
   * The results in the file, none where there is no file.
   *
   * @throws {Error} if the file is not one that a study wrote.
   */
  static async open(path: string): Promise<Store> {
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
    const parsed = storeSchema.safeParse(value);
    if (!parsed.success) {
      throw new Error(
        `Cannot resume from ${path}: ${
          z.prettifyError(parsed.error)
        }\nWith --fresh it starts again.`,
      );
    }
    return new Store(path, new Map(parsed.data.runs.map((entry) => [keyOf(entry.run), entry])));
  }

  /** An empty store that will replace the file. */
  static empty(path: string): Store {
    return new Store(path, new Map());
  }

  /** What the run gave, if it is done. */
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
