/** The thread of one run of a study. */
import { serve } from "../support/runs/worker.ts";
import { runSchema } from "./plan.ts";
import { doRun } from "./runs.ts";

serve(runSchema, doRun);
