import { legacy_createStore } from "redux";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createStore } from "zustand/vanilla";
import type { AlertInput, EventInput, StatusInput } from "../interface.js";
import { AlertIntegration } from "./alerts.js";
import { EventPublisher } from "./events.js";
import { bindDashboardStore } from "./store.js";

const events: EventInput[] = [];
const statuses: StatusInput[] = [];
const alerts: AlertInput[] = [];
const service = {
  publishEvent: (event: EventInput) => void events.push(event),
  updateStatus: (status: StatusInput) => void statuses.push(status),
  raiseAlert: (alert: AlertInput) => void alerts.push(alert),
};

beforeEach(() => {
  vi.useFakeTimers();
  for (const list of [events, statuses, alerts]) list.length = 0;
});
afterEach(() => {
  vi.useRealTimers();
});

interface State {
  data: { source: string; records: number };
  ingestion: { status: string; progress: number };
  tab: string;
  latency: number;
}

const initial: State = {
  data: { source: "a.csv", records: 0 },
  ingestion: { status: "idle", progress: 0 },
  tab: "overview",
  latency: 1,
};

const buildStatus = ({ data, tab, latency }: State): StatusInput => ({
  state: "active",
  dataStatus: { hasData: data.records > 0, lastIngested: null, recordCount: data.records },
  activeTab: tab,
  connectedUsers: 1,
  performance: { responseTime: latency, errorRate: 0, throughput: 0 },
});

/** The same store in Zustand and in Redux, as they are. */
const stores: [string, () => { bind(): () => void; change(part: Partial<State>): void }][] = [
  [
    "Zustand",
    () => {
      const store = createStore<State>(() => initial);
      return {
        bind: () => bindDashboardStore(service, { store, buildStatus }),
        change: (part) => store.setState(part),
      };
    },
  ],
  [
    "Redux",
    () => {
      const reduce = (state = initial, action: { type: string; part?: Partial<State> }): State => ({
        ...state,
        ...action.part,
      });
      const store = legacy_createStore(reduce);
      return {
        bind: () => bindDashboardStore<State>(service, { store, buildStatus }),
        change: (part) => store.dispatch({ type: "change", part }),
      };
    },
  ],
];

describe.each(stores)("a store of %s", (_, make) => {
  test("has its status sent at once, and on significant change, coalesced", () => {
    const { bind, change } = make();
    const unbind = bind();
    expect(statuses.length).toBe(1);
    for (let n = 1; n <= 50; n++) change({ tab: `t${n}` });
    vi.advanceTimersByTime(250);
    expect(statuses.map(({ activeTab }) => activeTab)).toEqual(["overview", "t50"]);
    change({ latency: 99 });
    vi.advanceTimersByTime(1_000);
    expect(statuses.length).toBe(2);
    change({ tab: "last" });
    unbind();
    change({ tab: "after" });
    vi.advanceTimersByTime(1_000);
    expect(statuses.length).toBe(2);
  });

  test("has the changes of its source and its ingestion published", () => {
    const { bind, change } = make();
    bind();
    change({ data: { source: "b.csv", records: 0 } });
    change({ ingestion: { status: "running", progress: 0 } });
    change({ ingestion: { status: "running", progress: 0.5 } });
    change({ ingestion: { status: "done", progress: 1 } });
    expect(events).toMatchObject([
      { type: "DATA_SOURCE_CHANGED", payload: { from: "a.csv", to: "b.csv", timestamp: expect.any(String) } },
      { type: "INGESTION_STATUS_CHANGED", payload: { status: "running", progress: 0 } },
      { type: "INGESTION_STATUS_CHANGED", payload: { status: "done", progress: 1 } },
    ]);
  });
});

test("what fails in a binding never reaches the store", () => {
  const store = createStore<State>(() => initial);
  const problems: string[] = [];
  bindDashboardStore(service, {
    store,
    buildStatus: () => {
      throw new Error("no status yet");
    },
    onProblem: ({ message }) => problems.push(message),
  });
  expect(() => store.setState({ data: { source: "b.csv", records: 1 } })).not.toThrow();
  expect(problems[0]).toContain("no status yet");
  expect(events.length).toBe(1);
});

describe("the event publisher", () => {
  const publisher = new EventPublisher(service, () => ({ useCase: "energy", user: "ada", sessionId: "s1" }));
  const context = { useCase: "energy", user: "ada", sessionId: "s1" };

  test("publishes the plan's events with their setting", () => {
    publisher.publishDataIngested({ source: "a.csv", records: [1, 2], timestamp: "t", qualityScore: 97 });
    publisher.publishWorkflowStarted({ id: "w1", name: "Clean", startTime: "t" });
    publisher.publishAgentResult("outliers", { success: false, score: 0.2, insights: [1] });
    publisher.publishError(new Error("boom"), { step: 3 });
    publisher.publishError("a text");
    const timestamp = expect.stringMatching(/^\d{4}-.*Z$/);
    expect(events).toMatchObject([
      {
        type: "DATA_INGESTED",
        severity: "info",
        context,
        timestamp,
        payload: { source: "a.csv", recordCount: 2, timestamp: "t", quality: 97 },
      },
      {
        type: "WORKFLOW_STARTED",
        severity: "info",
        context,
        payload: { workflowId: "w1", name: "Clean", startTime: "t" },
      },
      {
        type: "AGENT_RESULT",
        severity: "warning",
        context,
        payload: { agent: "outliers", success: false, score: 0.2, insights: 1 },
      },
      {
        type: "ERROR",
        severity: "error",
        context,
        payload: { message: "boom", stack: expect.stringContaining("boom"), context: { step: 3 } },
      },
      { type: "ERROR", payload: { message: "a text" } },
    ]);
  });
});

describe("the alert integration", () => {
  test("raises low quality, and resolves it when it is good again", () => {
    const shown: AlertInput[] = [];
    const integration = new AlertIntegration(service, {
      showLocalAlert: (alert) => shown.push(alert),
      context: () => ({ tab: "t" }),
    });
    integration.alertDataQualityIssue(95);
    expect(alerts).toEqual([]);
    integration.alertDataQualityIssue(79.5);
    integration.alertDataQualityIssue(80);
    integration.alertDataQualityIssue(90);
    expect(alerts).toMatchObject([
      {
        type: "DATA_QUALITY",
        severity: "warning",
        message: "Data quality score: 79.5%. Review data ingestion.",
        actions: [{ action: "VIEW_DATA_QUALITY" }, { action: "REINGEST_DATA" }],
        context: { tab: "t" },
      },
      { type: "DATA_QUALITY", condition: "resolved" },
    ]);
    expect(alerts[0]?.title).toBe(alerts[1]?.title);
    expect(shown.length).toBe(2);
  });

  test("raises a failed workflow, which can be retried", () => {
    new AlertIntegration(service).alertWorkflowFailure({
      id: "x1",
      name: "Clean",
      error: "no disk",
      workflowId: "w1",
    });
    expect(alerts).toMatchObject([
      {
        type: "WORKFLOW_FAILURE",
        severity: "error",
        message: 'Workflow "Clean" failed: no disk',
        fingerprint: "x1",
        actions: [
          { action: "VIEW_WORKFLOW_LOGS" },
          { action: "RETRY_WORKFLOW", payload: { workflowId: "w1" } },
        ],
      },
    ]);
    expect(alerts[0]).not.toHaveProperty("context");
  });
});

test("callbacks of the dashboard that fail keep nothing from being published", () => {
  const problems: string[] = [];
  const onProblem = ({ message }: { message: string }) => problems.push(message);
  const fail = () => {
    throw new Error("broken");
  };
  new EventPublisher(service, fail, onProblem).publishError(new Error("boom"));
  new AlertIntegration(service, { context: fail, showLocalAlert: fail, onProblem }).alertDataQualityIssue(1);
  expect(events).toMatchObject([{ type: "ERROR" }]);
  expect(alerts).toMatchObject([{ type: "DATA_QUALITY" }]);
  expect(problems).toEqual([
    "`context` failed: broken",
    "`context` failed: broken",
    "`showLocalAlert` failed: broken",
  ]);
});
