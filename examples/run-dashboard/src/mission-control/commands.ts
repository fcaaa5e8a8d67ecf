import type { MissionControlService } from "@mission-control/sdk";
import { type RemoteCommandContext, type RemoteCommands, RemoteControl } from "@mission-control/sdk";
import { type Actor, describeActor, operator } from "../dashboard-state/actor";
import type { Dashboard } from "../dashboard-state/dashboard";
import { exportBlob } from "../dashboard-state/export";
import type { Ingested, IngestProgress } from "../dashboard-state/ingest";
import { DECLARATIONS } from "./declarations";

/** What a hub takes in one frame with room to spare, in bytes; a larger export is cut to whole rows. */
const LARGEST_RESULT = 600_000;

/** The plan's seventeen commands, done by this dashboard. Each returns what the operator is to see. */
export function remoteCommands(
  dashboard: Dashboard,
  diagnose: () => Record<string, unknown>,
): RemoteCommands {
  const progressOf =
    ({ progress }: RemoteCommandContext) =>
    ({ bytes, bytesRead, rows }: IngestProgress) =>
      progress(bytes ? bytesRead / bytes : 0, `${rows} rows`);

  return {
    INGEST_DATA: async (source, params, context) => {
      const request = { ...params, signal: context.signal, onProgress: progressOf(context) };
      return summary(await dashboard.ingestData(source, by(context), request));
    },
    REFRESH_DATA: async (context) => {
      const request = { signal: context.signal, onProgress: progressOf(context) };
      return summary(await dashboard.refreshData(by(context), request));
    },
    CLEAR_DATA: (context) => ({ rowsRemoved: dashboard.clearData(by(context)) }),
    EXPORT_DATA: async (format, context) => {
      const made = dashboard.exportData(format, by(context));
      const { dataset } = dashboard.state.data;
      const fitting = Math.floor((made.rows * LARGEST_RESULT) / made.blob.size);
      const rows = Math.min(made.rows, Math.max(fitting, 1));
      const data =
        dataset && rows < made.rows ? await exportBlob(dataset, format, rows).text() : await made.blob.text();
      return { name: made.name, format, rows, truncated: rows < made.rows, rowsInAll: made.rows, data };
    },

    NAVIGATE_TAB: (tabId) => ({ tab: dashboard.navigateTab(tabId) }),
    OPEN_MODAL: (modalId) => ({ modal: dashboard.openModal(modalId) }),
    CLOSE_ALL_MODALS: () => ({ closed: dashboard.closeAllModals() }),

    EXECUTE_WORKFLOW: async (workflowId, values, context) => {
      const { id } = dashboard.startWorkflow(workflowId, by(context), values);
      const ended = await watched(context, id, {
        ended: dashboard.workflowEnded(id),
        progress: () => dashboard.state.executions.find((one) => one.id === id)?.progress ?? 0,
        cancel: () => dashboard.stopWorkflow(id, by(context)),
      });
      if (ended.state === "completed")
        return { executionId: id, steps: ended.steps.map(({ title, summary }) => `${title}: ${summary}`) };
      if (ended.state === "failed") throw new Error(`${id} failed: ${ended.error}`);
      throw new Error(`${id} was stopped by ${describeActor(ended.heldBy ?? by(context))}`);
    },
    START_WORKFLOW: (workflowId, context) => {
      const { id, state } = dashboard.startWorkflow(workflowId, by(context));
      return { executionId: id, state };
    },
    PAUSE_WORKFLOW: (executionId, context) => {
      const { id, state, progress } = dashboard.pauseWorkflow(executionId, by(context));
      return { executionId: id, state, progress };
    },
    STOP_WORKFLOW: (executionId, context) => {
      const { id, state, progress } = dashboard.stopWorkflow(executionId, by(context));
      return { executionId: id, state, progress };
    },

    EXECUTE_AGENT: async (agentId, data, context) => {
      const { id } = dashboard.executeAgent(agentId, by(context), data);
      const ended = await watched(context, id, {
        ended: dashboard.agentEnded(id),
        progress: () => dashboard.state.agentRuns.find((one) => one.id === id)?.progress ?? 0,
        cancel: () => dashboard.cancelAgent(id, by(context)),
      });
      if (ended.state === "succeeded") return { executionId: id, ...ended.findings };
      if (ended.state === "failed") throw new Error(`${id} failed: ${ended.error}`);
      throw new Error(`${id} was cancelled by ${describeActor(ended.cancelledBy ?? by(context))}`);
    },
    CANCEL_AGENT: (executionId, context) => {
      const { id, state } = dashboard.cancelAgent(executionId, by(context));
      return { executionId: id, state };
    },

    ENABLE_DEBUG_MODE: () => {
      dashboard.setDebug(true);
      return { debug: true };
    },
    DISABLE_DEBUG_MODE: () => {
      dashboard.setDebug(false);
      return { debug: false };
    },
    COLLECT_DIAGNOSTICS: (context) => dashboard.collectDiagnostics(by(context), diagnose()),
    RESTART_SERVICES: (context) => dashboard.restartServices(by(context)),
  };
}

/** Lets operators control `dashboard`; what they do is shown to its users. */
export function acceptCommands(
  service: MissionControlService,
  dashboard: Dashboard,
  commands: RemoteCommands,
): RemoteControl {
  const shown = Object.entries(commands).map(([name, run]) => [name, visibly(dashboard, name, run)]);
  return new RemoteControl(service, Object.fromEntries(shown) as unknown as RemoteCommands, DECLARATIONS);
}

type Run = (...values: never[]) => unknown;

/** The same command, with an entry in the activity that says who asked for it and what came of it. */
function visibly(dashboard: Dashboard, name: string, run: Run): Run {
  return async (...values) => {
    const context = values.at(-1) as unknown as RemoteCommandContext;
    const parameter = typeof values[0] === "string" ? ` ${values[0]}` : "";
    const entry = dashboard.beginCommand(name, `${name}${parameter}`, by(context));
    try {
      const result = await run(...values);
      dashboard.settle(entry, { detail: "done", tone: "normal" });
      return result;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      dashboard.settle(entry, { detail: message, tone: context.signal.aborted ? "caution" : "serious" });
      throw error;
    }
  };
}

function by({ command }: RemoteCommandContext): Actor {
  return operator(command.issuedBy);
}

function summary({ added, rejected, dataset, quality, truncated }: Ingested): object {
  return { recordCount: dataset.rowCount, added, rejected, truncated, quality: quality.score };
}

/** Work that a command waits for. */
interface Watched<Ended> {
  readonly ended: Promise<Ended>;
  progress(): number;
  cancel(): unknown;
}

/** Waits for the end of some work, tells the operator how far it is, and ends it when the command is cancelled. */
async function watched<Ended>(
  context: RemoteCommandContext,
  id: string,
  work: Watched<Ended>,
): Promise<Ended> {
  const { signal, progress } = context;
  progress(0, id);
  const timer = setInterval(() => progress(work.progress(), id), 250);
  const cancel = () => work.cancel();
  signal.addEventListener("abort", cancel);
  try {
    return await work.ended;
  } finally {
    clearInterval(timer);
    signal.removeEventListener("abort", cancel);
  }
}
