import type { Problem } from "../errors.js";
import type { AlertInput, MissionControlInterface } from "../interface.js";
import { tried } from "../listeners.js";
import type { WorkflowExecution } from "./events.js";

/** Settings of an {@link AlertIntegration}. */
export interface AlertOptions {
  /** Quality under this is a problem, in percent (0 to 100); 80 when not said. */
  readonly qualityThreshold?: number;
  /** What the dashboard is doing: anything that JSON can hold. Asked for each alert. */
  readonly context?: () => unknown;
  /** Shows an alert to the dashboard's own users, too. */
  readonly showLocalAlert?: (alert: AlertInput) => void;
  /** Told when one of the functions above throws. */
  readonly onProblem?: (problem: Problem) => void;
}

const QUALITY_THRESHOLD = 80;
const QUALITY_TITLE = "Data Quality Below Threshold";

/** Raises the plan's alerts, to Mission Control and to the dashboard's own users. */
export class AlertIntegration {
  #qualityIsLow = false;

  /** @param service to raise them by */
  constructor(
    private readonly service: Pick<MissionControlInterface, "raiseAlert">,
    private readonly options: AlertOptions = {},
  ) {}

  /** Raises any alert, or says by `condition: "resolved"` that one is over. */
  raiseAlert(alert: AlertInput): void {
    const { onProblem, showLocalAlert } = this.options;
    const context = alert.context ?? tried("`context`", onProblem, this.options.context);
    this.service.raiseAlert({ ...alert, ...(context !== undefined && { context }) });
    tried("`showLocalAlert`", onProblem, () => showLocalAlert?.(alert));
  }

  /** `DATA_QUALITY` when `quality` (0 to 100) is under the threshold; resolved when it is not any more. */
  alertDataQualityIssue(quality: number): void {
    const low = quality < (this.options.qualityThreshold ?? QUALITY_THRESHOLD);
    const over = this.#qualityIsLow && !low;
    this.#qualityIsLow = low;
    if (low) {
      this.raiseAlert({
        type: "DATA_QUALITY",
        severity: "warning",
        title: QUALITY_TITLE,
        message: `Data quality score: ${quality}%. Review data ingestion.`,
        actions: [
          { label: "View Details", action: "VIEW_DATA_QUALITY" },
          { label: "Re-ingest", action: "REINGEST_DATA" },
        ],
      });
    } else if (over) {
      const message = `Data quality score: ${quality}%.`;
      this.raiseAlert({
        type: "DATA_QUALITY",
        severity: "warning",
        title: QUALITY_TITLE,
        message,
        condition: "resolved",
      });
    }
  }

  /** `WORKFLOW_FAILURE`: a workflow failed. */
  alertWorkflowFailure(workflow: WorkflowExecution & { readonly workflowId?: string }): void {
    const { id, name, error, workflowId } = workflow;
    const retry = workflowId === undefined ? {} : { payload: { workflowId } };
    this.raiseAlert({
      type: "WORKFLOW_FAILURE",
      severity: "error",
      title: "Workflow Execution Failed",
      message: `Workflow "${name}" failed: ${error ?? "it did not say why"}`,
      fingerprint: id,
      actions: [
        { label: "View Logs", action: "VIEW_WORKFLOW_LOGS" },
        { label: "Retry", action: "RETRY_WORKFLOW", ...retry },
      ],
    });
  }
}
