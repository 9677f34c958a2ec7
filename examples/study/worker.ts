/** The thread of one run of a study. */
import { serve } from "../runs/worker.ts";
import { runSchema } from "./plan.ts";
import { doRun } from "./runs.ts";

serve(runSchema, doRun);
