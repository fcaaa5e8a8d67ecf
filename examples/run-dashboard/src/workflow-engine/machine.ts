import type { Actor } from "../dashboard-state/actor";
import type { WorkflowProgress, WorkflowReport, WorkflowResult } from "./steps";
import type { Workflow } from "./workflows";

/** Where an execution stands. The last three are its end. */
export type ExecutionState = "queued" | "running" | "paused" | "completed" | "failed" | "stopped";

/** One run of a workflow. */
export interface Execution {
  readonly id: string;
  readonly workflowId: string;
  readonly name: string;
  readonly state: ExecutionState;
  readonly startedBy: Actor;
  /** When it was asked for, when it began, and when it ended, in ms since 1970. */
  readonly askedAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly steps: readonly {
    readonly title: string;
    readonly summary: string | null;
    readonly fraction: number;
  }[];
  /** Of the whole, 0 to 1. */
  readonly progress: number;
  /** Who held it, or ended it. */
  readonly heldBy: Actor | null;
  readonly error: string | null;
  readonly report: WorkflowReport | null;
}

/** What can happen to an execution. */
export type ExecutionEvent =
  | { readonly type: "START"; readonly at: number }
  | { readonly type: "PROGRESS"; readonly progress: WorkflowProgress }
  | { readonly type: "PAUSE"; readonly by: Actor }
  | { readonly type: "RESUME" }
  | { readonly type: "COMPLETE"; readonly at: number; readonly result: WorkflowResult }
  | { readonly type: "FAIL"; readonly at: number; readonly error: string }
  | { readonly type: "STOP"; readonly at: number; readonly by: Actor; readonly reason?: string };

/** A new execution. */
export function queued(id: string, workflow: Workflow, startedBy: Actor, askedAt: number): Execution {
  return {
    id,
    workflowId: workflow.id,
    name: workflow.title,
    state: "queued",
    startedBy,
    askedAt,
    startedAt: null,
    endedAt: null,
    steps: workflow.steps.map(({ title }) => ({ title, summary: null, fraction: 0 })),
    progress: 0,
    heldBy: null,
    error: null,
    report: null,
  };
}

/** Whether it is at its end. */
export function hasEnded({ state }: Pick<Execution, "state">): boolean {
  return state === "completed" || state === "failed" || state === "stopped";
}

/** What becomes of an execution. What cannot happen to it leaves it as it is: the same object. */
export function transition(execution: Execution, event: ExecutionEvent): Execution {
  const { state } = execution;
  const active = state === "running" || state === "paused";
  switch (event.type) {
    case "START":
      return state === "queued" ? { ...execution, state: "running", startedAt: event.at } : execution;
    case "PROGRESS":
      return active ? progressed(execution, event.progress) : execution;
    case "PAUSE":
      return state === "running" ? { ...execution, state: "paused", heldBy: event.by } : execution;
    case "RESUME":
      return state === "paused" ? { ...execution, state: "running", heldBy: null } : execution;
    case "COMPLETE":
      return active ? completed(execution, event.at, event.result) : execution;
    case "FAIL":
      return active ? { ...execution, state: "failed", endedAt: event.at, error: event.error } : execution;
    case "STOP":
      if (hasEnded(execution)) return execution;
      return {
        ...execution,
        state: "stopped",
        endedAt: event.at,
        heldBy: event.by,
        error: event.reason ?? null,
      };
  }
}

function progressed(execution: Execution, { step, fraction, summaries }: WorkflowProgress): Execution {
  const steps = execution.steps.map((one, index) => ({
    ...one,
    summary: summaries[index] ?? null,
    fraction: index < step ? 1 : index === step ? Math.max(one.fraction, fraction) : 0,
  }));
  const done = steps.reduce((sum, one) => sum + one.fraction, 0);
  return { ...execution, steps, progress: Math.max(execution.progress, done / steps.length) };
}

function completed(execution: Execution, endedAt: number, { report, summaries }: WorkflowResult): Execution {
  const steps = execution.steps.map((one, index) => ({
    ...one,
    summary: summaries[index] ?? null,
    fraction: 1,
  }));
  return { ...execution, state: "completed", endedAt, steps, progress: 1, heldBy: null, report };
}
