import { MissionControlService, type Query } from "@mission-control/sdk";
import { SecurityIntegration } from "@mission-control/sdk/security";
import { operator } from "../dashboard-state/actor";
import type { Dashboard } from "../dashboard-state/dashboard";
import { rowAt } from "../dashboard-state/dataset";
import { checkSettings } from "../dashboard-state/settings";
import type { Tone } from "../dashboard-state/store";
import { acceptCommands, remoteCommands } from "./commands";
import type { ConnectionSettings } from "./connection-settings";
import { publish } from "./publishing";

/** The dashboard's connection to Mission Control. */
export interface Integration {
  readonly service: MissionControlService;
  /** Takes note of how long a rendering took, in milliseconds. */
  recordRender(milliseconds: number): void;
  /** Says goodbye. */
  close(): Promise<void>;
}

/** Connects `dashboard` to Mission Control: the whole integration, in the order of the plan. */
export function connectMissionControl(dashboard: Dashboard, settings: ConnectionSettings): Integration {
  // Section 10: who may command. Permissions and rates are the dashboard's; keys are those that the hub names.
  const security = new SecurityIntegration({
    requireSignature: settings.requireSignature,
    operatorKeys: () => service.registration?.operatorKeys ?? [],
    rateLimit: () => ({ count: 60, perMs: 60_000 }),
  });
  // Section 3: the service. Everything published is kept until the hub has it, over reloads and lost connections.
  const service: MissionControlService = new MissionControlService({
    url: settings.url,
    token: settings.token,
    security,
    context: () => ({ user: "visitor" }),
    onProblem: ({ code, message }) => dashboard.log(`mission control: ${code}: ${message}`),
  });

  // Sections 5, 7 and 8: events, status, metrics, alerts, resources.
  const publishing = publish(service, dashboard);
  // Section 9: the commands.
  const diagnose = () => ({ missionControl: { connection: service.connection, ...service.getMetrics() } });
  const control = acceptCommands(service, dashboard, remoteCommands(dashboard, diagnose));
  // Section 3: queries, alerts of operators, configuration.
  service.onQuery((query) => answer(dashboard, query));
  service.onAlert(({ severity, title, message, source }) => {
    dashboard.notify({
      tone: TONES[severity] ?? "standby",
      title,
      message,
      from: `Mission Control (${source})`,
    });
  });
  service.onConfigUpdate((values, version) => {
    dashboard.changeSettings(checkSettings(values), operator(`(configuration ${version})`));
  });

  service
    .registerDashboard({
      id: settings.dashboardId,
      useCase: "Wind energy",
      version: "0.1.0",
      capabilities: ["data-ingestion", "agent-execution", "workflow-deployment", "real-time-updates"],
      metadata: { environment: import.meta.env.MODE, startTime: new Date().toISOString() },
    })
    // A refusal is shown by `MissionControlStatus`.
    .catch(() => {});

  return {
    service,
    recordRender: publishing.recordRender,
    close: async () => {
      publishing.stop();
      control.dispose();
      await service.disconnect();
    },
  };
}

const TONES: Record<string, Tone> = {
  info: "standby",
  warning: "caution",
  error: "serious",
  critical: "critical",
};

/** Answers what an operator wants to know; `undefined` leaves it to the service, which knows status and metrics. */
export function answer(dashboard: Dashboard, { type, params }: Query): unknown {
  const { data, executions, agentRuns } = dashboard.state;
  switch (type) {
    case "QUALITY":
      return data.quality ?? { score: null };
    case "WORKFLOWS":
      return executions.map(({ id, workflowId, state, progress, error }) => ({
        id,
        workflowId,
        state,
        progress,
        error,
      }));
    case "AGENTS":
      return agentRuns.map(({ id, agentId, state, findings, error }) => ({
        id,
        agentId,
        state,
        findings,
        error,
      }));
    case "ROWS": {
      const { dataset } = data;
      const { from = 0, count = 20 } = (params ?? {}) as { from?: number; count?: number };
      if (!dataset) return { rows: [] };
      const last = Math.min(from + Math.min(count, 200), dataset.rowCount);
      const rows = Array.from({ length: Math.max(last - from, 0) }, (_, index) =>
        rowAt(dataset, from + index),
      );
      return { columns: dataset.columns.map(({ name }) => name), rows };
    }
    default:
      return undefined;
  }
}
