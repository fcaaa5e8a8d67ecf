import { serveJob } from "../analysis/job";
import { runAgent } from "./findings";

serveJob(runAgent);
