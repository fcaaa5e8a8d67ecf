import {
  AlertIntegration,
  bindDashboardStore,
  EventPublisher,
  type MissionControlService,
  type StatusInput,
} from "@mission-control/sdk";
import { MetricCollector } from "@mission-control/sdk/metrics";
import { describeActor } from "../dashboard-state/actor";
import type { Dashboard } from "../dashboard-state/dashboard";
import type { Occurrence } from "../dashboard-state/observers";
import type { DashboardState } from "../dashboard-state/store";
import { hasEnded } from "../workflow-engine/machine";
import { watchResources } from "./resources";

/** What tells Mission Control what happens in the dashboard. */
export interface Publishing {
  /** Takes note of how long a rendering took, in milliseconds. */
  recordRender(milliseconds: number): void;
  /** Ends it. */
  stop(): void;
}

/** Tells Mission Control what happens in the dashboard from now on. */
export function publish(service: MissionControlService, dashboard: Dashboard): Publishing {
  const events = new EventPublisher(service);
  const metrics = new MetricCollector(service);
  const alerts = new AlertIntegration(service, {
    // Read for each alert: an operator may change it.
    get qualityThreshold() {
      return dashboard.state.settings.qualityThreshold;
    },
    context: () => ({ source: dashboard.state.data.source, activeTab: dashboard.state.tab }),
    showLocalAlert: ({ title, message = "", condition, severity }) => {
      const over = condition === "resolved";
      const tone = over ? "normal" : severity === "warning" ? "caution" : "serious";
      dashboard.notify({ tone, title: over ? `Resolved: ${title}` : title, message, from: null });
    },
  });
  /** Failures that an operator may still see open, by workflow. */
  const failures = new Map<string, string[]>();

  const onWorkflow = ({ execution, before }: Occurrence & { type: "WORKFLOW" }) => {
    const { id, name, workflowId, state, startedAt, endedAt, error } = execution;
    if (state === "running" && before === "queued") {
      metrics.workflowStarted();
      events.publishWorkflowStarted({ id, name, startTime: new Date(startedAt ?? Date.now()).toISOString() });
    }
    if (!hasEnded(execution)) return;
    // What was stopped before its turn had not started.
    if (startedAt === null) return;
    const duration = (endedAt ?? startedAt) - startedAt;
    metrics.workflowEnded(duration, state === "completed");
    const type = { completed: "WORKFLOW_COMPLETED", failed: "WORKFLOW_FAILED", stopped: "WORKFLOW_STOPPED" }[
      state as "completed" | "failed" | "stopped"
    ];
    const stoppedBy = execution.heldBy ? describeActor(execution.heldBy) : undefined;
    const severity = state === "failed" ? "error" : "info";
    events.publishEvent({ type, severity, payload: { workflowId: id, name, duration, error, stoppedBy } });
    if (state === "failed") {
      alerts.alertWorkflowFailure({ id, name, workflowId, error: error ?? undefined });
      failures.set(workflowId, [...(failures.get(workflowId) ?? []), id]);
    } else if (state === "completed") {
      for (const fingerprint of failures.get(workflowId) ?? []) {
        const title = "Workflow Execution Failed";
        const message = `Workflow "${name}" has completed since.`;
        alerts.raiseAlert({
          type: "WORKFLOW_FAILURE",
          severity: "error",
          title,
          message,
          fingerprint,
          condition: "resolved",
        });
      }
      failures.delete(workflowId);
    }
  };

  const onAgent = ({ run }: Occurrence & { type: "AGENT" }) => {
    metrics.setAgentQueue(dashboard.agentQueueLength);
    if (run.state !== "succeeded" && run.state !== "failed") return;
    metrics.recordAgentExecution((run.endedAt ?? 0) - (run.startedAt ?? 0), run.state === "succeeded");
    events.publishAgentResult(run.agentId, { success: run.state === "succeeded", ...run.findings });
  };

  const stopObserving = dashboard.observers.add((occurrence) => {
    switch (occurrence.type) {
      case "INGESTED": {
        const { source, ingested } = occurrence;
        const { dataset, quality, added, rejected } = ingested;
        metrics.countProcessed(added + rejected, rejected);
        metrics.setData(dataset.rowCount, quality.score);
        events.publishDataIngested({
          source,
          records: { length: dataset.rowCount },
          qualityScore: quality.score,
        });
        alerts.alertDataQualityIssue(quality.score);
        break;
      }
      case "INGESTION_FAILED":
        events.publishError(occurrence.error, { source: occurrence.source, code: occurrence.error.code });
        break;
      case "CLEARED":
        metrics.setData(0, 100);
        events.publishEvent({ type: "DATA_CLEARED" });
        break;
      case "WORKFLOW":
        onWorkflow(occurrence);
        break;
      case "AGENT":
        onAgent(occurrence);
        break;
    }
  });
  const { store } = dashboard;
  const stopCounting = store.subscribe(({ tab, modals }, before) => {
    if (tab !== before.tab) metrics.countTabView(tab);
    if (modals.length > before.modals.length) metrics.countFeature(`dialog ${modals.at(-1)}`);
  });
  const unbind = bindDashboardStore(service, { store, buildStatus });
  const stopWatching = watchResources((usage) => service.reportResourceUsage(usage));
  metrics.countTabView(dashboard.state.tab);
  metrics.start();

  return {
    recordRender: (milliseconds) => metrics.recordRender(milliseconds),
    stop: () => {
      stopObserving();
      stopCounting();
      unbind();
      stopWatching();
      metrics.stop();
    },
  };
}

/** What the state means to an operator who looks at the whole fleet. */
export function buildStatus({ data, ingestion, executions, agentRuns, tab }: DashboardState): StatusInput {
  const working =
    ingestion.status === "running" ||
    executions.some(({ state }) => state === "running" || state === "queued") ||
    agentRuns.some(({ state }) => state === "running" || state === "waiting");
  const ended = executions.filter(({ state }) => state === "completed" || state === "failed");
  const failed = ended.filter(({ state }) => state === "failed").length;
  const rows = data.dataset?.rowCount ?? 0;
  return {
    state: working ? "processing" : ingestion.status === "failed" ? "error" : rows > 0 ? "active" : "idle",
    dataStatus: {
      hasData: rows > 0,
      lastIngested: data.ingestedAt === null ? null : new Date(data.ingestedAt).toISOString(),
      recordCount: rows,
    },
    activeTab: tab,
    connectedUsers: 1,
    performance: {
      responseTime: Math.round(data.ingestionMs ?? 0),
      errorRate: ended.length > 0 ? (failed / ended.length) * 100 : 0,
      throughput: data.ingestionMs ? Math.round(rows / (data.ingestionMs / 1000)) : 0,
    },
  };
}
