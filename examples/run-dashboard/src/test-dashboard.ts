import { runAgent } from "./agent-service/findings";
import { jobsHere } from "./analysis/job";
import { Dashboard } from "./dashboard-state/dashboard";
import { ingestHere } from "./dashboard-state/ingest-job";
import type { Source } from "./dashboard-state/source";
import { createDashboardStore } from "./dashboard-state/store";
import { runWorkflow } from "./workflow-engine/steps";

/** A dashboard whose work is done on this thread. */
export function testDashboard(): Dashboard {
  return new Dashboard({
    store: createDashboardStore(),
    runIngestion: ingestHere,
    startWorkflowJob: jobsHere(runWorkflow),
    startAgentJob: jobsHere(runAgent),
    baseUrl: "http://dashboard.test/",
  });
}

/** A file of this text. jsdom's files cannot be streamed. */
export function fileSource(name: string, text: string): Source {
  const bytes = new TextEncoder().encode(text);
  const file = {
    name,
    size: bytes.length,
    lastModified: Date.now(),
    stream: () =>
      new ReadableStream({
        start(controller) {
          if (bytes.length > 0) controller.enqueue(bytes);
          controller.close();
        },
      }),
  };
  return { kind: "file", name, file: file as unknown as File };
}

/** Power of two turbines. */
export const TURBINES = `turbine,power\n${Array.from({ length: 40 }, (_, n) => `${n % 2 ? "a" : "b"},${n}`).join("\n")}\n`;
