import { describe, type Problem } from "../errors.js";
import type { EventInput, MissionControlInterface } from "../interface.js";
import { tried } from "../listeners.js";
import type { EventContext } from "../protocol/index.js";

/** Data that was ingested. */
export interface IngestedData {
  /** Where from. */
  readonly source: unknown;
  /** The records, or something as long. */
  readonly records: {
    /** How many. */
    readonly length: number;
  };
  /** When, as RFC 3339 text; now, when not said. */
  readonly timestamp?: string;
  /** Quality score, in percent (0 to 100). */
  readonly qualityScore?: number;
}

/** One execution of a workflow. */
export interface WorkflowExecution {
  /** Which execution. */
  readonly id: string;
  /** Name of the workflow. */
  readonly name: string;
  /** When it started, as RFC 3339 text. */
  readonly startTime?: string;
  /** Why it failed. */
  readonly error?: string;
}

/** What an agent came to. */
export interface AgentResult {
  /** Whether it did. */
  readonly success: boolean;
  /** How good the result is. */
  readonly score?: number;
  /** What it found, or something as long. */
  readonly insights?: {
    /** How many. */
    readonly length: number;
  };
}

/** Publishes the plan's events, with the setting in which they happen. */
export class EventPublisher {
  /**
   * @param service to publish by
   * @param context the setting: asked for each event; the service's own where it says nothing
   * @param onProblem told when `context` throws
   */
  constructor(
    private readonly service: Pick<MissionControlInterface, "publishEvent">,
    private readonly context?: () => EventContext,
    private readonly onProblem?: (problem: Problem) => void,
  ) {}

  /** Publishes any event. */
  publishEvent(event: EventInput): void {
    const context = event.context ?? tried("`context`", this.onProblem, this.context);
    this.service.publishEvent({ ...event, timestamp: event.timestamp ?? new Date().toISOString(), context });
  }

  /** `DATA_INGESTED`: data came in. */
  publishDataIngested({ source, records, timestamp, qualityScore }: IngestedData): void {
    const payload = {
      source,
      recordCount: records.length,
      timestamp: timestamp ?? new Date().toISOString(),
      quality: qualityScore,
    };
    this.publishEvent({ type: "DATA_INGESTED", severity: "info", payload });
  }

  /** `WORKFLOW_STARTED`: a workflow started. */
  publishWorkflowStarted({ id, name, startTime }: WorkflowExecution): void {
    const payload = { workflowId: id, name, startTime: startTime ?? new Date().toISOString() };
    this.publishEvent({ type: "WORKFLOW_STARTED", severity: "info", payload });
  }

  /** `AGENT_RESULT`: an agent ended. */
  publishAgentResult(agent: string, { success, score, insights }: AgentResult): void {
    const payload = { agent, success, score, insights: insights?.length ?? 0 };
    this.publishEvent({ type: "AGENT_RESULT", severity: success ? "info" : "warning", payload });
  }

  /** `ERROR`: something failed. `error` may be anything that was thrown; `context` anything that JSON can hold. */
  publishError(error: unknown, context?: unknown): void {
    const stack = error instanceof Error ? error.stack : undefined;
    this.publishEvent({
      type: "ERROR",
      severity: "error",
      payload: { message: describe(error), stack, context },
    });
  }
}
