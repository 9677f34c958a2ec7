/** The command lines of the examples. */
import { parseArgs } from "node:util";
import { z } from "zod";

/**
 * The options of the command line, which `schema` checks; ends the program with a message if they are
 * wrong.
 *
 * @param verb What cannot be done with wrong options.
 * @param switches The options that take no value.
 * @param usage The options as people write them.
 */
export function readOptions<S extends z.ZodObject>(
  verb: string,
  schema: S,
  switches: readonly string[],
  usage: string,
): z.infer<S> {
  try {
    const names = Object.keys(schema.shape);
    const options = Object.fromEntries(
      names.map((
        name,
      ) => [name, { type: switches.includes(name) ? "boolean" : "string" } as const]),
    );
    return schema.parse(parseArgs({ args: Deno.args, options }).values);
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message;
    console.error(`Cannot ${verb}: ${why}`);
    console.error(`Options: ${usage}`);
    Deno.exit(2);
  }
}

/** The command that starts a task with these options; those that are absent or off are left out. */
export function commandLine(task: string, options: Readonly<Record<string, unknown>>): string {
  const words = Object.entries(options)
    .filter(([, value]) => value !== false && value !== undefined)
    .map(([name, value]) => value === true ? ` --${name}` : ` --${name} ${value}`);
  return `deno task ${task}${words.join("")}`;
}
