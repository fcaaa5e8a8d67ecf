/**
 * Measures the five groups of metrics and reports them.
 *
 * @module @mission-control/sdk/metrics
 */
export {
  METRIC_INTERVALS_MS,
  MetricCollector,
  type MetricCollectorOptions,
  type MetricGroup,
} from "./collector.js";
export type { Percentiles } from "./samples.js";
