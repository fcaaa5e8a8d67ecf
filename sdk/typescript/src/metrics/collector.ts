import type { Problem } from "../errors.js";
import type { MissionControlInterface } from "../interface.js";
import { tried } from "../listeners.js";
import type {
  AgentMetrics,
  DashboardMetrics,
  DataMetrics,
  PerformanceMetrics,
  UsageMetrics,
  WorkflowMetrics,
} from "../protocol/index.js";
import { PlatformProbe } from "./platform.js";
import { type Percentiles, Samples } from "./samples.js";

/** A group of metrics. */
export type MetricGroup = keyof DashboardMetrics;

/** How often each group is measured and reported, in milliseconds. */
export const METRIC_INTERVALS_MS: Readonly<Record<MetricGroup, number>> = {
  performance: 5_000,
  usage: 10_000,
  data: 10_000,
  agents: 10_000,
  workflows: 10_000,
};

/** Settings of a {@link MetricCollector}. */
export interface MetricCollectorOptions {
  /** Other intervals than {@link METRIC_INTERVALS_MS}, in milliseconds; 0 leaves a group out. */
  readonly intervals?: Partial<Record<MetricGroup, number>>;
  /** Users active now; 1 when not said. */
  readonly activeUsers?: () => number;
  /** Told when `activeUsers` throws. */
  readonly onProblem?: (problem: Problem) => void;
}

/** A group as it is reported, with the percentiles of what has a mean in it. Readers that know only the group ignore them. */
type WithPercentiles<Group> = Group & { readonly percentiles: Readonly<Record<string, Percentiles>> };

/**
 * Measures the five groups of metrics, each at its own interval, and reports them. Performance and session are measured by
 * themselves; of data, agents and workflows the dashboard tells, and a group nobody told anything of is left out.
 */
export class MetricCollector {
  readonly #probe = new PlatformProbe();
  readonly #timers: ReturnType<typeof setInterval>[] = [];
  #startedAt = performance.now();
  readonly #tabViews = new Map<string, number>();
  readonly #features = new Map<string, number>();
  #data: { totalRecords: number; dataQuality: number } | undefined;
  #processed = 0;
  #failedRecords = 0;
  #dataMeasuredAt = performance.now();
  readonly #agentTimes = new Samples();
  #agentSuccesses = 0;
  #agentQueue: number | undefined;
  readonly #workflowTimes = new Samples();
  #activeWorkflows: number | undefined;
  #completedWorkflows = 0;
  #failedWorkflows = 0;

  /**
   * @param service to report by
   * @param options intervals and the like
   */
  constructor(
    private readonly service: Pick<MissionControlInterface, "reportMetrics">,
    private readonly options: MetricCollectorOptions = {},
  ) {}

  /** Begins to measure and report. */
  start(): void {
    this.stop();
    this.#startedAt = this.#dataMeasuredAt = performance.now();
    this.#probe.start();
    for (const group of Object.keys(METRIC_INTERVALS_MS) as MetricGroup[]) {
      const interval = this.options.intervals?.[group] ?? METRIC_INTERVALS_MS[group];
      if (interval <= 0) continue;
      const timer = setInterval(() => this.report([group]), interval);
      // Measuring is no reason for a program to go on.
      (timer as { unref?: () => void }).unref?.();
      this.#timers.push(timer);
    }
  }

  /** Ends it. */
  stop(): void {
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
    this.#probe.stop();
  }

  /** Measures `groups` now (all when not said) and reports them. */
  report(groups: readonly MetricGroup[] = Object.keys(METRIC_INTERVALS_MS) as MetricGroup[]): void {
    const measured = this.measure(groups);
    if (Object.keys(measured).length > 0) this.service.reportMetrics(measured);
  }

  /** Measures `groups` now. What is counted per interval counts from the last measurement. */
  measure(groups: readonly MetricGroup[]): DashboardMetrics {
    const metrics: DashboardMetrics = {};
    for (const group of groups) {
      const measured = this[group]();
      if (measured) Object.assign(metrics, { [group]: measured });
    }
    return metrics;
  }

  /** Someone looks at a tab. */
  countTabView(tab: string): void {
    count(this.#tabViews, tab);
  }

  /** Someone uses a feature. */
  countFeature(feature: string): void {
    count(this.#features, feature);
  }

  /** An API answered, in milliseconds. For clients that Resource Timing does not see. */
  recordApiResponse(durationMs: number): void {
    this.#probe.apiResponses.add(durationMs);
  }

  /** A render took that long, in milliseconds: fits React's `Profiler`. */
  recordRender(durationMs: number): void {
    this.#probe.renders.add(durationMs);
  }

  /** What the dashboard holds: records, and their quality in percent (0 to 100). */
  setData(totalRecords: number, dataQuality: number): void {
    this.#data = { totalRecords, dataQuality };
  }

  /** Records were processed; `failed` of them in vain. */
  countProcessed(records: number, failed = 0): void {
    this.#processed += records;
    this.#failedRecords += failed;
  }

  /** An agent ended. */
  recordAgentExecution(durationMs: number, success: boolean): void {
    this.#agentTimes.add(durationMs);
    if (success) this.#agentSuccesses += 1;
  }

  /** Agent executions that wait. */
  setAgentQueue(length: number): void {
    this.#agentQueue = length;
  }

  /** A workflow started. */
  workflowStarted(): void {
    this.#activeWorkflows = (this.#activeWorkflows ?? 0) + 1;
  }

  /** A workflow ended, well or not. */
  workflowEnded(durationMs: number, success: boolean): void {
    this.#activeWorkflows = Math.max((this.#activeWorkflows ?? 0) - 1, 0);
    this.#workflowTimes.add(durationMs);
    if (success) this.#completedWorkflows += 1;
    else this.#failedWorkflows += 1;
  }

  private performance(): WithPercentiles<PerformanceMetrics> {
    const { apiResponses, renders } = this.#probe;
    return {
      pageLoadTime: this.#probe.pageLoadMs(),
      apiResponseTime: apiResponses.mean,
      renderTime: renders.mean,
      memoryUsage: this.#probe.memoryBytes(),
      cpuUsage: this.#probe.cpuPercent(),
      percentiles: percentiles({ apiResponseTime: apiResponses, renderTime: renders }),
    };
  }

  private usage(): UsageMetrics {
    return {
      activeUsers: tried("`activeUsers`", this.options.onProblem, this.options.activeUsers) ?? 1,
      sessionDuration: performance.now() - this.#startedAt,
      tabViews: Object.fromEntries(this.#tabViews),
      featureUsage: Object.fromEntries(this.#features),
    };
  }

  private data(): DataMetrics | undefined {
    if (!this.#data) return undefined;
    const now = performance.now();
    const seconds = (now - this.#dataMeasuredAt) / 1000;
    const metrics = {
      ...this.#data,
      processingRate: seconds > 0 ? this.#processed / seconds : 0,
      errorRate: this.#processed > 0 ? (this.#failedRecords / this.#processed) * 100 : 0,
    };
    this.#processed = this.#failedRecords = 0;
    this.#dataMeasuredAt = now;
    return metrics;
  }

  private agents(): WithPercentiles<AgentMetrics> | undefined {
    const { count: executionCount, mean } = this.#agentTimes;
    if (executionCount === 0 && this.#agentQueue === undefined) return undefined;
    return {
      executionCount,
      avgExecutionTime: mean,
      successRate: executionCount > 0 ? (this.#agentSuccesses / executionCount) * 100 : 100,
      queueLength: this.#agentQueue ?? 0,
      percentiles: percentiles({ executionTime: this.#agentTimes }),
    };
  }

  private workflows(): WithPercentiles<WorkflowMetrics> | undefined {
    if (this.#activeWorkflows === undefined) return undefined;
    return {
      activeCount: this.#activeWorkflows,
      completedCount: this.#completedWorkflows,
      failedCount: this.#failedWorkflows,
      avgDuration: this.#workflowTimes.mean,
      percentiles: percentiles({ duration: this.#workflowTimes }),
    };
  }
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

function percentiles(quantities: Record<string, Samples>): Record<string, Percentiles> {
  const found: Record<string, Percentiles> = {};
  for (const [name, samples] of Object.entries(quantities)) {
    const value = samples.percentiles();
    if (value) found[name] = value;
  }
  return found;
}
