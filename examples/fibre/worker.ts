/** The thread of one run of a study of a fibre. */
import { serve } from "../support/runs/worker.ts";
import { readFibre } from "./bends.ts";
import { doImaging } from "./imaging.ts";
import { runSchema } from "./plan.ts";
import { doRetrieval } from "./retrieval.ts";

serve(runSchema, async (run, note) => {
  const fibre = await readFibre(run.folder);
  if (fibre.print !== run.print) {
    throw new Error(`the files in ${run.folder} have changed since the study started`);
  }
  return await (run.part === "imaging"
    ? doImaging(run, fibre, note)
    : doRetrieval(run, fibre, note));
});
