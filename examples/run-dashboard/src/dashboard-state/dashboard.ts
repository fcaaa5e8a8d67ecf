import { type AgentRun, AgentService, isOver, type StartAgentJob } from "../agent-service/agent-service";
import { type Execution, hasEnded } from "../workflow-engine/machine";
import type { WorkflowContext } from "../workflow-engine/steps";
import { type StartWorkflowJob, WorkflowEngine } from "../workflow-engine/workflow-engine";
import { type Actor, describeActor, SCHEDULE } from "./actor";
import type { Dataset } from "./dataset";
import { type Export, type ExportFormat, exportBlob } from "./export";
import { newId } from "./identifiers";
import type { Ingested, IngestProgress } from "./ingest";
import type { RunIngestion } from "./ingest-job";
import { IngestionError } from "./ingestion-error";
import { Observers } from "./observers";
import type { Settings } from "./settings";
import { resolveSource, type Source } from "./source";
import {
  type Activity,
  type DashboardState,
  type DashboardStore,
  type Diagnostics,
  MODALS,
  type ModalId,
  NO_DATA,
  NO_INGESTION,
  type Notice,
  TABS,
  type TabId,
} from "./store";

/** Entries kept of each list that grows. */
const KEPT = { activity: 300, notices: 5, log: 300, exports: 10, runs: 50 };

/** What the dashboard is made of. */
export interface DashboardParts {
  readonly store: DashboardStore;
  readonly runIngestion: RunIngestion;
  readonly startWorkflowJob: StartWorkflowJob;
  readonly startAgentJob: StartAgentJob;
  /** Address that configured sources are relative to. */
  readonly baseUrl: string;
}

/** How to ingest. */
export interface IngestRequest {
  readonly limit?: number;
  /** `append` when not said, as in Mission Control. */
  readonly mode?: "append" | "replace";
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: IngestProgress) => void;
}

/**
 * The dashboard, without a face: everything that can be done with it, by its user, by a schedule or by an operator. It
 * knows nothing of Mission Control; what happens is told to its observers.
 */
export class Dashboard {
  readonly observers = new Observers();
  readonly #engine: WorkflowEngine;
  readonly #agents: AgentService;
  #source: Source | null = null;
  #ingestion: AbortController | null = null;
  #refreshTimer: ReturnType<typeof setInterval> | undefined;

  constructor(private readonly parts: DashboardParts) {
    this.#engine = new WorkflowEngine(parts.startWorkflowJob, (execution, before) =>
      this.#onExecution(execution, before),
    );
    this.#agents = new AgentService(parts.startAgentJob, (run, before) => this.#onAgentRun(run, before));
    this.#scheduleRefresh();
  }

  /** Its store. */
  get store(): DashboardStore {
    return this.parts.store;
  }

  /** Its state now. */
  get state(): DashboardState {
    return this.store.getState();
  }

  /** Agent runs that wait. */
  get agentQueueLength(): number {
    return this.#agents.queueLength;
  }

  // Data

  /** Loads a source. Rejects with an {@link IngestionError}; the data is then as it was. */
  async ingestData(from: Source | string, by: Actor, request: IngestRequest = {}): Promise<Ingested> {
    if (this.#ingestion) {
      throw new IngestionError("UNREADABLE", "another ingestion is running: wait for it, or cancel it");
    }
    const name = typeof from === "string" ? from : from.name;
    const controller = new AbortController();
    const abort = () => controller.abort();
    request.signal?.addEventListener("abort", abort);
    this.#ingestion = controller;
    this.#set({ ingestion: { ...NO_INGESTION, status: "running", source: name } });
    this.log(`ingestion of ${name} begins`);
    const began = performance.now();
    const { settings, data } = this.state;
    const appendTo = request.mode === "replace" ? null : data.dataset;
    const limit = Math.min(
      settings.rowLimit,
      (appendTo?.rowCount ?? 0) + (request.limit ?? settings.rowLimit),
    );
    try {
      const source = typeof from === "string" ? resolveSource(from, this.parts.baseUrl) : from;
      const options = { limit, appendTo, freshWithinHours: settings.freshWithinHours };
      const ingested = await this.parts.runIngestion(
        source,
        options,
        (read) => {
          if (this.#ingestion !== controller) return;
          request.onProgress?.(read);
          const progress = read.bytes ? Math.min(read.bytesRead / read.bytes, 1) : 0;
          this.#set({ ingestion: { ...this.state.ingestion, progress, read } });
        },
        controller.signal,
      );
      this.#source = source;
      this.#hold(source, ingested, performance.now() - began, appendTo !== null);
      const rejected = ingested.rejected > 0 ? `, ${ingested.rejected} rejected` : "";
      const detail = `${ingested.added} rows${rejected}, quality ${ingested.quality.score} %`;
      this.#record({ by, title: `Ingested ${name}`, detail, tone: "normal" });
      this.observers.tell({ type: "INGESTED", source: name, ingested });
      return ingested;
    } catch (cause) {
      const error = cause instanceof IngestionError ? cause : new IngestionError("UNREADABLE", String(cause));
      const cancelled = error.code === "CANCELLED";
      const { code, message } = error;
      const { ingestion } = this.state;
      this.#set({
        ingestion: { ...ingestion, status: cancelled ? "cancelled" : "failed", error: { code, message } },
      });
      const tone = cancelled ? "off" : "serious";
      const title = cancelled ? `Cancelled ingesting ${name}` : `Could not ingest ${name}`;
      this.#record({ by, title, detail: message, tone });
      if (!cancelled) this.observers.tell({ type: "INGESTION_FAILED", source: name, error });
      throw error;
    } finally {
      request.signal?.removeEventListener("abort", abort);
      if (this.#ingestion === controller) this.#ingestion = null;
    }
  }

  /** Ends the ingestion that runs, if one does. */
  cancelIngestion(): void {
    this.#ingestion?.abort();
  }

  /** Loads the source of the data again, in its place. */
  async refreshData(by: Actor, request: Omit<IngestRequest, "mode"> = {}): Promise<Ingested> {
    if (!this.#source)
      throw new IngestionError("NO_SOURCE", "there is no data to refresh: ingest some first");
    return this.ingestData(this.#source, by, { ...request, mode: "replace" });
  }

  /** Removes all data; returns how many rows that were. */
  clearData(by: Actor): number {
    const rows = this.state.data.dataset?.rowCount ?? 0;
    this.cancelIngestion();
    this.#source = null;
    this.#set({ data: NO_DATA, ingestion: NO_INGESTION });
    this.#record({ by, title: "Cleared the data", detail: `${rows} rows removed`, tone: "caution" });
    this.observers.tell({ type: "CLEARED" });
    return rows;
  }

  /** Makes an export and keeps it for download. */
  exportData(format: ExportFormat, by: Actor): Export {
    const { data } = this.state;
    const dataset = this.#dataset("export");
    const stem = (data.source ?? "data").replace(/^.*\//, "").replace(/\.\w+$/, "") || "data";
    const made: Export = {
      id: newId("export"),
      name: `${stem}.${format}`,
      format,
      rows: dataset.rowCount,
      blob: exportBlob(dataset, format),
      at: Date.now(),
    };
    this.#set({ exports: [made, ...this.state.exports].slice(0, KEPT.exports) });
    const detail = `${made.rows} rows, ${made.blob.size} bytes`;
    this.#record({ by, title: `Exported ${made.name}`, detail, tone: "normal" });
    return made;
  }

  // What is seen

  /** Brings a tab to the front. */
  navigateTab(tab: string): TabId {
    const found = TABS.find((one) => one === tab);
    if (!found) throw new Error(`there is no tab "${tab}"; there are ${TABS.join(", ")}`);
    this.#set({ tab: found });
    return found;
  }

  /** Opens a dialog on top of the others. */
  openModal(modal: string): ModalId {
    const found = MODALS.find((one) => one === modal);
    if (!found) throw new Error(`there is no dialog "${modal}"; there are ${MODALS.join(", ")}`);
    this.#set({ modals: [...this.state.modals.filter((one) => one !== found), found] });
    return found;
  }

  /** Closes one dialog. */
  closeModal(modal: ModalId): void {
    this.#set({ modals: this.state.modals.filter((one) => one !== modal) });
  }

  /** Closes every dialog; returns which were open. */
  closeAllModals(): readonly ModalId[] {
    const { modals } = this.state;
    this.#set({ modals: [] });
    return modals;
  }

  // Workflows and agents

  /** Starts a workflow over the data. */
  startWorkflow(workflowId: string, by: Actor, context: WorkflowContext = {}): Execution {
    return this.#engine.start(workflowId, this.#dataset("run a workflow on"), context, by);
  }

  /** Resolves when an execution is at its end, however it ended. */
  workflowEnded(executionId: string): Promise<Execution> {
    return this.#engine.ended(executionId);
  }

  /** Holds an execution, or lets it go on. */
  pauseWorkflow(executionId: string, by: Actor): Execution {
    return this.#engine.togglePause(executionId, by);
  }

  /** Ends an execution for good. */
  stopWorkflow(executionId: string, by: Actor): Execution {
    return this.#engine.stop(executionId, by);
  }

  /** Asks an agent to look at the data. */
  executeAgent(agentId: string, by: Actor, data: Readonly<Record<string, unknown>> = {}): AgentRun {
    return this.#agents.execute(agentId, this.#dataset("give to an agent"), data, by);
  }

  /** Resolves when a run is at its end, however it ended. */
  agentEnded(runId: string): Promise<AgentRun> {
    return this.#agents.ended(runId);
  }

  /** Ends a run that waits or works. */
  cancelAgent(runId: string, by: Actor): AgentRun {
    return this.#agents.cancel(runId, by);
  }

  // The dashboard itself

  /** Says more of what is done, or less. */
  setDebug(on: boolean): void {
    this.#set({ debug: on, log: on ? this.state.log : [] });
    if (on) this.log("debug mode is on");
  }

  /** Ends all work that runs and begins anew; the data stays. */
  restartServices(by: Actor): { life: number; workflowsStopped: number; agentsCancelled: number } {
    const reason = "the services were restarted";
    this.cancelIngestion();
    const workflowsStopped = this.#engine.stopAll(by, reason);
    const agentsCancelled = this.#agents.cancelAll(by, reason);
    const life = this.state.services.life + 1;
    this.#set({ services: { life, since: Date.now() }, ingestion: NO_INGESTION });
    this.#scheduleRefresh();
    const detail = `${workflowsStopped} workflows stopped, ${agentsCancelled} agents cancelled`;
    this.#record({ by, title: "Restarted the services", detail, tone: "caution" });
    return { life, workflowsStopped, agentsCancelled };
  }

  /** Collects what an engineer needs to find a fault; `more` is what others know. */
  collectDiagnostics(by: Actor, more: Readonly<Record<string, unknown>> = {}): Diagnostics {
    const { data, ingestion, executions, agentRuns, settings, services, activity, log } = this.state;
    const report = {
      page: location.href.replace(/#.*$/, ""),
      browser: navigator.userAgent,
      services: { life: services.life, since: new Date(services.since).toISOString() },
      settings,
      data: {
        source: data.source,
        rows: data.dataset?.rowCount ?? 0,
        columns: data.dataset?.columns.map(({ name, type }) => `${name}: ${type}`) ?? [],
        quality: data.quality?.parts ?? null,
        problems: data.problems.slice(0, 10),
      },
      ingestion: { status: ingestion.status, error: ingestion.error },
      workflows: executions
        .slice(0, 10)
        .map(({ id, workflowId, state, error }) => ({ id, workflowId, state, error })),
      agents: agentRuns.slice(0, 10).map(({ id, agentId, state, error }) => ({ id, agentId, state, error })),
      activity: activity
        .slice(0, 10)
        .map(({ at, title, detail }) => `${new Date(at).toISOString()} ${title}: ${detail}`),
      log: log.slice(-20),
      ...more,
    };
    const diagnostics = { collectedAt: new Date().toISOString(), collectedFor: describeActor(by), report };
    this.#set({ diagnostics });
    return diagnostics;
  }

  /** Changes settings. */
  changeSettings(changes: Partial<Settings>, by: Actor): void {
    const settings = { ...this.state.settings, ...changes };
    this.#set({ settings });
    this.#scheduleRefresh();
    const detail = Object.entries(changes)
      .map(([name, value]) => `${name} = ${value}`)
      .join(", ");
    this.#record({ by, title: "Changed the settings", detail, tone: "standby" });
  }

  /** Shows something until it is dismissed. */
  notify(notice: Omit<Notice, "id" | "at">): void {
    const notices = [{ ...notice, id: newId("notice"), at: Date.now() }, ...this.state.notices];
    this.#set({ notices: notices.slice(0, KEPT.notices) });
  }

  /** Takes a notice away. */
  dismiss(noticeId: string): void {
    this.#set({ notices: this.state.notices.filter(({ id }) => id !== noticeId) });
  }

  /** Notes that a command of Mission Control began; returns its entry's id for {@link settle}. */
  beginCommand(command: string, title: string, by: Actor): string {
    return this.#record({ by, title, detail: "running", tone: "standby", command });
  }

  /** Says what came of an entry of the activity. */
  settle(activityId: string, outcome: Pick<Activity, "detail" | "tone">): void {
    const activity = this.state.activity.map((one) => (one.id === activityId ? { ...one, ...outcome } : one));
    this.#set({ activity });
  }

  /** Says what is done, to whoever debugs. */
  log(text: string): void {
    if (!this.state.debug) return;
    const line = `${new Date().toISOString().slice(11, 23)}  ${text}`;
    this.#set({ log: [...this.state.log, line].slice(-KEPT.log) });
  }

  #dataset(purpose: string): Dataset {
    const { dataset } = this.state.data;
    if (!dataset) throw new Error(`there is no data to ${purpose}: ingest some first`);
    return dataset;
  }

  #hold(source: Source, ingested: Ingested, ingestionMs: number, appended: boolean): void {
    const before = this.state.data;
    const name =
      appended && before.source && before.source !== source.name
        ? `${before.source} + ${source.name}`
        : source.name;
    this.#set({
      data: {
        source: name,
        dataset: ingested.dataset,
        quality: ingested.quality,
        format: ingested.format,
        ingestedAt: Date.now(),
        ingestionMs,
        problems: ingested.problems,
        truncated: ingested.truncated,
      },
      ingestion: { ...this.state.ingestion, status: "done", progress: 1 },
    });
  }

  #onExecution(execution: Execution, before: Execution | null): void {
    const { executions } = this.state;
    this.#set({
      executions: before
        ? executions.map((one) => (one.id === execution.id ? execution : one))
        : [execution, ...executions].slice(0, KEPT.runs),
    });
    if (before?.state === execution.state) return;
    this.log(`workflow ${execution.id} (${execution.workflowId}) is ${execution.state}`);
    if (execution.state === "queued") return;
    this.observers.tell({ type: "WORKFLOW", execution, before: before?.state ?? null });
    if (execution.state === "running" && before?.state === "queued") {
      this.#record({
        by: execution.startedBy,
        title: `Started ${execution.name}`,
        detail: execution.id,
        tone: "standby",
      });
    } else if (execution.state === "paused" && execution.heldBy) {
      this.#record({
        by: execution.heldBy,
        title: `Paused ${execution.name}`,
        detail: execution.id,
        tone: "caution",
      });
    } else if (hasEnded(execution)) {
      const ended = {
        completed: { tone: "normal", title: "Completed", detail: execution.steps.at(-1)?.summary ?? "" },
        failed: { tone: "critical", title: "Failed:", detail: execution.error ?? "" },
        stopped: { tone: "caution", title: "Stopped", detail: execution.error ?? execution.id },
      } as const;
      const how = ended[execution.state as keyof typeof ended];
      const by = execution.state === "stopped" && execution.heldBy ? execution.heldBy : execution.startedBy;
      this.#record({ by, title: `${how.title} ${execution.name}`, detail: how.detail, tone: how.tone });
    }
  }

  #onAgentRun(run: AgentRun, before: AgentRun | null): void {
    const { agentRuns } = this.state;
    this.#set({
      agentRuns: before
        ? agentRuns.map((one) => (one.id === run.id ? run : one))
        : [run, ...agentRuns].slice(0, KEPT.runs),
    });
    if (before?.state === run.state) return;
    this.log(`agent ${run.id} (${run.agentId}) is ${run.state}`);
    this.observers.tell({ type: "AGENT", run });
    if (!isOver(run)) return;
    const by = run.cancelledBy ?? run.startedBy;
    if (run.state === "succeeded") {
      const detail = `score ${run.findings?.score}; ${run.findings?.insights[0] ?? ""}`;
      this.#record({ by, title: `${run.name} has finished`, detail, tone: "normal" });
    } else {
      const cancelled = run.state === "cancelled";
      const title = cancelled ? `Cancelled ${run.name}` : `${run.name} failed`;
      this.#record({ by, title, detail: run.error ?? run.id, tone: cancelled ? "caution" : "serious" });
    }
  }

  #scheduleRefresh(): void {
    clearInterval(this.#refreshTimer);
    const { refreshIntervalSeconds } = this.state.settings;
    if (refreshIntervalSeconds <= 0) return;
    this.#refreshTimer = setInterval(() => {
      // What goes wrong is shown and recorded already.
      if (this.#source && !this.#ingestion) this.refreshData(SCHEDULE).catch(() => {});
    }, refreshIntervalSeconds * 1000);
  }

  #record(entry: Omit<Activity, "id" | "at" | "command"> & { command?: string }): string {
    const id = newId("activity");
    const activity = { command: null, ...entry, id, at: Date.now() };
    this.#set({ activity: [activity, ...this.state.activity].slice(0, KEPT.activity) });
    this.log(`${describeActor(entry.by)}: ${entry.title}`);
    return id;
  }

  #set(change: Partial<DashboardState>): void {
    this.store.setState(change);
  }
}
