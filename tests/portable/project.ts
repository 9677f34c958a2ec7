/** A project of Node's tools with Argand inside, as docs/page_and_node.md makes it. */
import { inFolder } from "../support/folder.ts";

/** What a program prints, and how it ended. */
export interface Ended {
  readonly success: boolean;
  readonly out: string;
  readonly complaints: string;
}

/** A folder with Argand's sources in `argand/` and the packages that they import. */
export interface Project {
  /** Its path. */
  readonly path: string;
  /** Writes a file. */
  write(name: string, text: string): Promise<void>;
  /** The text of a file. */
  read(name: string): Promise<string>;
  /** Runs a program there. */
  run(program: string, ...args: string[]): Promise<Ended>;
}

/** The packages that the sources import, and what the page of the guide installs. */
export const PACKAGES = ["zod", "fflate", "fast-png"];

async function copy(from: string, to: string): Promise<void> {
  if ((await Deno.stat(from)).isFile) return await Deno.copyFile(from, to);
  await Deno.mkdir(to, { recursive: true });
  for await (const { name } of Deno.readDir(from)) await copy(`${from}/${name}`, `${to}/${name}`);
}

/** Makes a project for as long as `use` takes. */
export async function inProject(use: (project: Project) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    const path = await Deno.realPath(folder);
    const { imports, publish } = JSON.parse(await Deno.readTextFile("deno.json"));
    await Deno.mkdir(`${path}/argand`);
    for (const name of publish.include as string[]) {
      if (/\.ts$|\/$/.test(name)) await copy(name.replace(/\/$/, ""), `${path}/argand/${name}`);
    }
    const project: Project = {
      path,
      write: (name, text) => Deno.writeTextFile(`${path}/${name}`, text),
      read: (name) => Deno.readTextFile(`${path}/${name}`),
      async run(program, ...args) {
        const { success, stdout, stderr } = await new Deno.Command(program, {
          args,
          cwd: path,
          env: { NO_COLOR: "1" },
        }).output();
        const [out, complaints] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
        return { success, out, complaints };
      },
    };
    const versions = PACKAGES.map((name) => [name, imports[name].replace(/^.*@/, "")]);
    await project.write(
      "package.json",
      JSON.stringify({ private: true, dependencies: Object.fromEntries(versions) }),
    );
    const { success, complaints } = await project.run(Deno.execPath(), "install", "--quiet");
    if (!success) throw new Error(`the packages can't be installed: ${complaints}`);
    await use(project);
  });
}
