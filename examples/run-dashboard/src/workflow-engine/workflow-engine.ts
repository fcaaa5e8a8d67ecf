import type { Job, StartJob } from "../analysis/job";
import type { Actor } from "../dashboard-state/actor";
import type { Dataset } from "../dashboard-state/dataset";
import { newId } from "../dashboard-state/identifiers";
import { type Execution, type ExecutionEvent, hasEnded, queued, transition } from "./machine";
import type { WorkflowContext, WorkflowProgress, WorkflowRequest, WorkflowResult } from "./steps";
import { workflowOf } from "./workflows";

/** Executions that run at a time; the others wait. */
const AT_A_TIME = 2;
/** Executions that are remembered. */
const REMEMBERED = 50;

/** Starts the jobs of workflows. */
export type StartWorkflowJob = StartJob<WorkflowRequest, WorkflowProgress, WorkflowResult>;

/** Told whenever an execution changes. */
export type OnExecution = (execution: Execution, before: Execution | null) => void;

interface Entry {
  execution: Execution;
  readonly request: WorkflowRequest;
  job: Job<WorkflowResult> | null;
  readonly ended: Promise<Execution>;
  readonly settle: (execution: Execution) => void;
}

/** Runs workflows in workers: some at a time, the others in a queue. */
export class WorkflowEngine {
  readonly #entries = new Map<string, Entry>();

  constructor(
    private readonly startJob: StartWorkflowJob,
    private readonly onExecution: OnExecution,
  ) {}

  /** Executions that have not ended. */
  get active(): Execution[] {
    return [...this.#entries.values()].map(({ execution }) => execution).filter((one) => !hasEnded(one));
  }

  /** Starts a workflow over `dataset`. */
  start(workflowId: string, dataset: Dataset, context: WorkflowContext, by: Actor): Execution {
    const workflow = workflowOf(workflowId);
    const execution = queued(newId("wf"), workflow, by, Date.now());
    let settle: (execution: Execution) => void = () => {};
    const ended = new Promise<Execution>((resolve) => {
      settle = resolve;
    });
    const steps = workflow.steps.map(({ id }) => id);
    this.#entries.set(execution.id, {
      execution,
      request: { steps, dataset, context },
      job: null,
      ended,
      settle,
    });
    this.#forget();
    this.onExecution(execution, null);
    this.#next();
    return this.#entry(execution.id).execution;
  }

  /** Resolves with the execution when it is at its end, however it ended. */
  ended(executionId: string): Promise<Execution> {
    return this.#entry(executionId).ended;
  }

  /** Holds an execution, or lets it go on when it is held. */
  togglePause(executionId: string, by: Actor): Execution {
    const entry = this.#entry(executionId);
    const { state } = entry.execution;
    if (state !== "running" && state !== "paused") {
      throw new Error(`${executionId} is ${state}: only what runs can be paused`);
    }
    entry.job?.setPaused(state === "running");
    return this.#apply(entry, state === "running" ? { type: "PAUSE", by } : { type: "RESUME" });
  }

  /** Ends an execution for good. */
  stop(executionId: string, by: Actor, reason?: string): Execution {
    const entry = this.#entry(executionId);
    if (hasEnded(entry.execution)) throw new Error(`${executionId} is ${entry.execution.state} already`);
    entry.job?.terminate();
    return this.#apply(entry, { type: "STOP", at: Date.now(), by, ...(reason !== undefined && { reason }) });
  }

  /** Ends all of them; returns how many. */
  stopAll(by: Actor, reason: string): number {
    const { active } = this;
    // The newest first: an earlier one that ends must not let a later one begin.
    for (const { id } of active.reverse()) this.stop(id, by, reason);
    return active.length;
  }

  #entry(executionId: string): Entry {
    const entry = this.#entries.get(executionId);
    if (entry) return entry;
    const known = [...this.#entries.keys()].slice(-5).join(", ");
    throw new Error(
      `there is no execution "${executionId}"; ${known ? `the latest are ${known}` : "nothing has run yet"}`,
    );
  }

  #next(): void {
    const entries = [...this.#entries.values()];
    let running = entries.filter(
      ({ execution: { state } }) => state === "running" || state === "paused",
    ).length;
    for (const entry of entries) {
      if (running >= AT_A_TIME) return;
      if (entry.execution.state !== "queued") continue;
      running += 1;
      this.#run(entry);
    }
  }

  #run(entry: Entry): void {
    this.#apply(entry, { type: "START", at: Date.now() });
    const job = this.startJob(entry.request, (progress) =>
      this.#apply(entry, { type: "PROGRESS", progress }),
    );
    entry.job = job;
    job.result.then(
      (result) => this.#apply(entry, { type: "COMPLETE", at: Date.now(), result }),
      (error) => this.#apply(entry, { type: "FAIL", at: Date.now(), error: (error as Error).message }),
    );
  }

  #apply(entry: Entry, event: ExecutionEvent): Execution {
    const before = entry.execution;
    const after = transition(before, event);
    if (after === before) return before;
    entry.execution = after;
    this.onExecution(after, before);
    if (hasEnded(after)) {
      entry.job = null;
      entry.settle(after);
      this.#next();
    }
    return after;
  }

  #forget(): void {
    for (const [id, { execution }] of this.#entries) {
      if (this.#entries.size <= REMEMBERED) return;
      if (hasEnded(execution)) this.#entries.delete(id);
    }
  }
}
