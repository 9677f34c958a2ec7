/**
 * Bundles with esbuild, which reads the environment: a program of its own, run with all permissions. Its
 * argument is a list of esbuild's options in JSON; it prints the errors of each bundle.
 */
import * as esbuild from "esbuild";

const builds: esbuild.BuildOptions[] = JSON.parse(Deno.args[0]);
const failed: string[][] = [];
for (const options of builds) {
  const { errors } = await esbuild.build({ ...options, bundle: true, logLevel: "silent" })
    .catch((error: esbuild.BuildFailure) => error);
  failed.push(errors.map(({ text, location }) => `${location?.file}:${location?.line} ${text}`));
}
await esbuild.stop();
console.log(JSON.stringify(failed));
