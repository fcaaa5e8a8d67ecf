import { serveJob } from "../analysis/job";
import { runWorkflow } from "./steps";

serveJob(runWorkflow);
