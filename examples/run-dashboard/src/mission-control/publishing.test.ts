import type { AlertInput, EventInput, MissionControlService, StatusInput } from "@mission-control/sdk";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { USER } from "../dashboard-state/actor";
import type { Dashboard } from "../dashboard-state/dashboard";
import { checkSettings } from "../dashboard-state/settings";
import { fileSource, TURBINES, testDashboard } from "../test-dashboard";
import { readConnectionSettings, storeConnectionSettings } from "./connection-settings";
import { type Publishing, publish } from "./publishing";

const BAD = `turbine,power\n${Array.from({ length: 40 }, (_, n) => (n % 5 ? `a,${n}` : "a,ERR")).join("\n")}\na\nb\nc\n`;

let dashboard: Dashboard;
let publishing: Publishing;
let events: EventInput[];
let alerts: AlertInput[];
let statuses: StatusInput[];

beforeEach(() => {
  dashboard = testDashboard();
  [events, alerts, statuses] = [[], [], []];
  const service = {
    publishEvent: (event: EventInput) => events.push(event),
    raiseAlert: (alert: AlertInput) => alerts.push(alert),
    updateStatus: (status: StatusInput) => statuses.push(status),
    reportMetrics: () => {},
    reportResourceUsage: () => {},
  };
  publishing = publish(service as unknown as MissionControlService, dashboard);
});
afterEach(() => publishing.stop());

const types = () => events.map(({ type }) => type);

test("bad data raises DATA_QUALITY here and there; good data resolves it", async () => {
  dashboard.changeSettings({ qualityThreshold: 99 }, USER);
  await dashboard.ingestData(fileSource("bad.csv", BAD), USER);
  expect(alerts).toMatchObject([
    { type: "DATA_QUALITY", severity: "warning", context: { source: "bad.csv" } },
  ]);
  expect(dashboard.state.notices).toMatchObject([{ title: "Data Quality Below Threshold", tone: "caution" }]);
  await dashboard.ingestData(fileSource("good.csv", TURBINES), USER, { mode: "replace" });
  expect(alerts[1]).toMatchObject({ type: "DATA_QUALITY", condition: "resolved" });
  const ingested = events.filter(({ type }) => type === "DATA_INGESTED");
  expect(ingested).toMatchObject([
    { payload: { source: "bad.csv", recordCount: 40 } },
    { payload: { source: "good.csv", recordCount: 40, quality: 100 } },
  ]);
  expect(types()).toContain("INGESTION_STATUS_CHANGED");
  expect(types()).toContain("DATA_SOURCE_CHANGED");
});

test("a workflow that fails raises WORKFLOW_FAILURE, resolved once it completes", async () => {
  await dashboard.ingestData(fileSource("bad.csv", BAD), USER);
  const failed = await dashboard.workflowEnded(dashboard.startWorkflow("daily-report", USER).id);
  const failure = alerts.find(({ type }) => type === "WORKFLOW_FAILURE");
  expect(failure).toMatchObject({ severity: "error", fingerprint: failed.id });
  expect(failure?.actions?.find(({ action }) => action === "RETRY_WORKFLOW")).toMatchObject({
    payload: { workflowId: "daily-report" },
  });
  await dashboard.ingestData(fileSource("good.csv", TURBINES), USER, { mode: "replace" });
  await dashboard.workflowEnded(dashboard.startWorkflow("daily-report", USER).id);
  expect(alerts.at(-1)).toMatchObject({
    type: "WORKFLOW_FAILURE",
    fingerprint: failed.id,
    condition: "resolved",
  });
  expect(types().filter((type) => type.startsWith("WORKFLOW_"))).toEqual([
    "WORKFLOW_STARTED",
    "WORKFLOW_FAILED",
    "WORKFLOW_STARTED",
    "WORKFLOW_COMPLETED",
  ]);
});

test("what agents find, what fails and what is cleared are events; the status follows", async () => {
  await expect(dashboard.ingestData(fileSource("empty.csv", ""), USER)).rejects.toMatchObject({
    code: "EMPTY",
  });
  expect(events.at(-1)).toMatchObject({ type: "ERROR", payload: { context: { code: "EMPTY" } } });
  await dashboard.ingestData(fileSource("good.csv", TURBINES), USER);
  await dashboard.agentEnded(dashboard.executeAgent("outlier-hunter", USER).id);
  expect(events.at(-1)).toMatchObject({
    type: "AGENT_RESULT",
    payload: { agent: "outlier-hunter", success: true, score: 1, insights: 1 },
  });
  await vi.waitFor(() =>
    expect(statuses.at(-1)).toMatchObject({ state: "active", dataStatus: { recordCount: 40 } }),
  );
  dashboard.clearData(USER);
  expect(types()).toContain("DATA_CLEARED");
  await vi.waitFor(() =>
    expect(statuses.at(-1)).toMatchObject({ state: "idle", dataStatus: { hasData: false } }),
  );
});

test("a configuration is taken whole or not at all, and says what is wrong with it", () => {
  expect(checkSettings({ qualityThreshold: 90, refreshIntervalSeconds: 0 })).toEqual({
    qualityThreshold: 90,
    refreshIntervalSeconds: 0,
  });
  expect(() => checkSettings({ qualityThreshold: 900 })).toThrow(
    "qualityThreshold must be a number from 0 to 100",
  );
  expect(() => checkSettings({ colour: "red" })).toThrow('this dashboard has no setting "colour"');
  expect(() => checkSettings([1])).toThrow("must be an object");
});

test("the connection is what the address says, else what was stored, else what the build says", () => {
  const kept = new Map<string, string>();
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
  };
  const build = { VITE_MISSION_CONTROL_URL: "ws://build:1" } as unknown as ImportMetaEnv;
  expect(readConnectionSettings("", storage, build)).toMatchObject({
    url: "ws://build:1",
    requireSignature: false,
  });
  const asked = readConnectionSettings("#hub=ws://127.0.0.1:7420&token=t%2B1&id=park-2", storage, build);
  expect(asked).toEqual({
    url: "ws://127.0.0.1:7420",
    token: "t+1",
    dashboardId: "park-2",
    requireSignature: false,
  });
  storeConnectionSettings({ ...asked, requireSignature: true }, storage);
  expect(readConnectionSettings("#overview", storage, build)).toEqual({ ...asked, requireSignature: true });
  kept.set([...kept.keys()][0] ?? "", "no JSON");
  expect(readConnectionSettings("", storage, build).url).toBe("ws://build:1");
});
