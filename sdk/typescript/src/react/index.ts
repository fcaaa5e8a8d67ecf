/**
 * A status component for React, and hooks to build your own.
 *
 * @module @mission-control/sdk/react
 */
export { useConnection, useLastCommand, useServiceMetrics } from "./hooks.js";
export {
  ENGLISH_LABELS,
  MissionControlStatus,
  type MissionControlStatusProps,
  type StatusLabels,
} from "./mission-control-status.js";
export type { StatusSource } from "./source.js";
