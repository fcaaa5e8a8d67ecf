import type { CommandHandler } from "./commands/context.js";
import type {
  Alert,
  DashboardConfig,
  DashboardEvent,
  DashboardMetrics,
  DashboardStatus,
  EnrichedAlert,
  EventContext,
  RegistrationResult,
  ResourceUsage,
} from "./protocol/index.js";

/** A {@link DashboardConfig} in which only what has no sensible default must be given. */
export type DashboardConfigInput = Pick<DashboardConfig, "id" | "useCase" | "version"> &
  Partial<DashboardConfig>;

/** A {@link DashboardStatus}; the id and the use case are added from the registration. */
export type StatusInput = Omit<DashboardStatus, "dashboardId" | "useCase"> &
  Partial<Pick<DashboardStatus, "dashboardId" | "useCase">>;

/** A {@link DashboardEvent}; `severity` is `info` when not said, and `payload` any JSON. */
export interface EventInput {
  /** Upper-case name of what happened, such as `DATA_INGESTED`. */
  readonly type: string;
  /** How bad it is. */
  readonly severity?: DashboardEvent["severity"];
  /** Details; anything that JSON can hold. */
  readonly payload?: unknown;
  /** When it happened, as RFC 3339 text; now, when not said. */
  readonly timestamp?: string;
  /** In what setting; the service's, when not said. */
  readonly context?: EventContext;
}

/** An {@link Alert}; what is left out has a default, and what an {@link EnrichedAlert} adds may be given. */
export type AlertInput = Pick<Alert, "type" | "severity" | "title"> &
  Partial<Omit<Alert, "actions"> & Pick<EnrichedAlert, "source" | "timestamp" | "actions">> & {
    /** What the dashboard was doing; anything that JSON can hold. */
    readonly context?: unknown;
  };

/** The interface between a run dashboard and Mission Control. */
export interface MissionControlInterface {
  /** Registers the dashboard, and keeps it registered. Resolves when the hub has confirmed it for the first time. */
  registerDashboard(config: DashboardConfigInput): Promise<RegistrationResult>;
  /** Tells what the dashboard is doing now. Only the latest counts. */
  updateStatus(status: StatusInput): void;
  /** Publishes something that happened. */
  publishEvent(event: EventInput): void;
  /** Handles the commands that no other handler is for. */
  onCommand(handler: CommandHandler): void;
  /** Reports measurements; any of the five groups. */
  reportMetrics(metrics: DashboardMetrics): void;
  /** Tells that a problem began or ended. */
  raiseAlert(alert: AlertInput): void;
  /** Reports what the dashboard and its host use. */
  reportResourceUsage(usage: ResourceUsage): void;
}
