import { type Aggregate, aggregate, groupingColumn } from "../analysis/aggregate";
import { bootstrapMedians, type Interval } from "../analysis/bootstrap";
import { findOutliers, type Outlier } from "../analysis/outliers";
import { type ColumnProfile, profile } from "../analysis/profile";
import { type Validation, validate } from "../analysis/validate";
import type { Dataset } from "../dashboard-state/dataset";
import type { StepId } from "./workflows";

/** What a workflow found so far, by the steps that did. */
export interface WorkflowReport {
  readonly profile?: readonly ColumnProfile[];
  readonly validation?: Validation;
  readonly aggregate?: Aggregate;
  readonly outliers?: { readonly total: number; readonly first: readonly Outlier[] };
  readonly intervals?: readonly Interval[];
}

/** Values that whoever starts a workflow may give it. */
export interface WorkflowContext {
  /** Column to group by. */
  readonly groupBy?: unknown;
  /** Invalid rows that the gate lets pass, in percent. */
  readonly tolerancePercent?: unknown;
  /** Resamples of the confidence study. */
  readonly resamples?: unknown;
  /** Robust z-score from which on a value is an outlier. */
  readonly threshold?: unknown;
}

/** What a workflow is run on. */
export interface WorkflowRequest {
  readonly steps: readonly StepId[];
  readonly dataset: Dataset;
  readonly context: WorkflowContext;
}

/** How far it is. */
export interface WorkflowProgress {
  readonly step: number;
  /** Part of the step done, 0 to 1. */
  readonly fraction: number;
  /** What the steps before came to, in a sentence each. */
  readonly summaries: readonly string[];
}

/** What it came to. */
export interface WorkflowResult {
  readonly report: WorkflowReport;
  readonly summaries: readonly string[];
}

const OUTLIERS_KEPT = 50;
const DEFAULT_TOLERANCE = 5;
const DEFAULT_RESAMPLES = 20_000;

/** Runs the steps, one after another. */
export function* runWorkflow(request: WorkflowRequest): Generator<WorkflowProgress, WorkflowResult> {
  const summaries: string[] = [];
  let report: WorkflowReport = {};
  for (const [step, id] of request.steps.entries()) {
    const work = STEPS[id](request, report);
    for (;;) {
      const next = work.next();
      if (next.done) {
        report = { ...report, ...next.value.report };
        summaries.push(next.value.summary);
        break;
      }
      yield { step, fraction: next.value, summaries: [...summaries] };
    }
    yield { step, fraction: 1, summaries: [...summaries] };
  }
  return { report, summaries };
}

interface Outcome {
  readonly summary: string;
  readonly report: WorkflowReport;
}

const STEPS: Record<
  StepId,
  (request: WorkflowRequest, before: WorkflowReport) => Generator<number, Outcome>
> = {
  *profile({ dataset }) {
    const found = yield* profile(dataset);
    return { summary: `${found.length} columns of ${dataset.rowCount} rows`, report: { profile: found } };
  },
  *validate({ dataset }) {
    const validation = yield* validate(dataset);
    const summary = `${validation.invalidRows} rows (${validation.invalidPercent.toFixed(1)} %) are invalid`;
    return { summary, report: { validation } };
  },
  *gate({ context }, { validation }) {
    const tolerance = numberIn(context.tolerancePercent, 0, 100, DEFAULT_TOLERANCE, "tolerancePercent");
    const percent = validation?.invalidPercent ?? 0;
    if (percent > tolerance) {
      const [worst] = validation?.findings.filter(({ rule }) => rule === "misfit") ?? [];
      const where = worst
        ? `; worst is ${worst.column}, such as "${worst.example}" in row ${worst.firstRow + 1}`
        : "";
      throw new Error(`${percent.toFixed(1)} % of the rows are invalid, and ${tolerance} % may be${where}`);
    }
    return { summary: `passed: at most ${tolerance} % may be invalid`, report: {} };
  },
  *aggregate({ dataset, context }) {
    const named = typeof context.groupBy === "string" ? context.groupBy : undefined;
    const column = groupingColumn(dataset, named);
    if (!column) {
      const names = dataset.columns.map(({ name }) => name).join(", ");
      throw new Error(
        named === undefined ? "no column has groups" : `there is no column "${named}"; there are ${names}`,
      );
    }
    const found = yield* aggregate(dataset, column);
    return { summary: `${found.groups.length} groups by ${found.by}`, report: { aggregate: found } };
  },
  *outliers({ dataset, context }) {
    const threshold = numberIn(context.threshold, 1, 100, 3.5, "threshold");
    const found = yield* findOutliers(dataset, threshold);
    const [worst] = found;
    const summary = worst
      ? `${found.length} outliers; farthest is ${worst.column} = ${worst.value} (z ${worst.z})`
      : "no outliers";
    return { summary, report: { outliers: { total: found.length, first: found.slice(0, OUTLIERS_KEPT) } } };
  },
  *bootstrap({ dataset, context }) {
    const resamples = numberIn(context.resamples, 10, 1_000_000, DEFAULT_RESAMPLES, "resamples");
    const intervals = yield* bootstrapMedians(dataset, Math.round(resamples));
    return {
      summary: `${intervals.length} medians, ${Math.round(resamples)} resamples each`,
      report: { intervals },
    };
  },
};

function numberIn(value: unknown, low: number, high: number, otherwise: number, name: string): number {
  if (value === undefined) return otherwise;
  if (typeof value === "number" && value >= low && value <= high) return value;
  throw new Error(`context.${name} must be a number from ${low} to ${high}`);
}
