import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import {
  COMMANDS,
  MemoryQueueStorage,
  MissionControlService,
  type RemoteCommandName,
  type RemoteCommands,
  RemoteControl,
} from "../../src/index.js";
import { MetricCollector } from "../../src/metrics/index.js";
import { eventually, Hub, Operator } from "./hub.js";

let hub: Hub;
let operator: Operator;
let service: MissionControlService;

beforeAll(async () => {
  hub = await Hub.start();
  operator = await Operator.connect(hub);
  service = new MissionControlService({
    url: hub.url,
    token: await hub.token("dashboard"),
    WebSocket,
    storage: new MemoryQueueStorage(),
  });
});
afterAll(async () => {
  await service?.disconnect();
  operator?.close();
  await hub?.stop();
});

/** A payload for each command, and what its function is to be called with. */
const CASES: Record<RemoteCommandName, [payload: object, values: unknown[]]> = {
  INGEST_DATA: [
    { source: "a.csv", params: { limit: 10, mode: "append" } },
    ["a.csv", { limit: 10, mode: "append" }],
  ],
  EXECUTE_WORKFLOW: [{ workflowId: "w" }, ["w", {}]],
  NAVIGATE_TAB: [{ tabId: "t" }, ["t"]],
  REFRESH_DATA: [{}, []],
  EXPORT_DATA: [{ format: "ndjson" }, ["ndjson"]],
  CLEAR_DATA: [{}, []],
  OPEN_MODAL: [{ modalId: "m" }, ["m"]],
  CLOSE_ALL_MODALS: [{}, []],
  START_WORKFLOW: [{ workflowId: "w" }, ["w"]],
  STOP_WORKFLOW: [{ executionId: "x" }, ["x"]],
  PAUSE_WORKFLOW: [{ executionId: "x" }, ["x"]],
  EXECUTE_AGENT: [{ agentId: "a", data: { rows: 3 } }, ["a", { rows: 3 }]],
  CANCEL_AGENT: [{ executionId: "x" }, ["x"]],
  ENABLE_DEBUG_MODE: [{}, []],
  DISABLE_DEBUG_MODE: [{}, []],
  COLLECT_DIAGNOSTICS: [{}, []],
  RESTART_SERVICES: [{}, []],
};

test("all seventeen commands reach their functions with their parameters, and their results the operator", async () => {
  const names = Object.keys(COMMANDS) as RemoteCommandName[];
  expect(names.length).toBe(17);
  const calls = new Map<string, unknown[]>();
  const commands = Object.fromEntries(
    names.map((name) => [
      name,
      (...values: unknown[]) => {
        calls.set(name, values.slice(0, -1));
        return { done: name };
      },
    ]),
  ) as unknown as RemoteCommands;
  new RemoteControl(service, commands);
  await service.registerDashboard({ id: "ts-remote", useCase: "energy", version: "1" });
  for (const name of names) {
    const [payload, values] = CASES[name];
    const request = { kind: "ISSUE_COMMAND", dashboardId: "ts-remote", commandType: name, payload };
    const { commandId } = await operator.request(request);
    const done = await eventually(`${name} is done`, () =>
      operator
        .of("ts-remote", "COMMAND")
        .find(({ body }) => body.commandId === commandId && ["SUCCEEDED", "FAILED"].includes(body.stage)),
    );
    expect(done.body).toMatchObject({ stage: "SUCCEEDED", result: { done: name } });
    expect(calls.get(name)).toEqual(values);
  }
});

test("the hub takes the five groups of metrics, percentiles included", async () => {
  const collector = new MetricCollector(service);
  collector.recordApiResponse(12);
  collector.setData(10, 99);
  collector.recordAgentExecution(5, true);
  collector.workflowStarted();
  collector.report();
  await service.flush();
  const { body } = await eventually("they are there", () => operator.of("ts-remote", "METRICS")[0]);
  expect(Object.keys(body).sort()).toEqual(
    ["agents", "dashboardId", "data", "performance", "timestamp", "usage", "workflows"].sort(),
  );
  expect(body.performance.percentiles.apiResponseTime).toEqual({ p50: 12, p95: 12, p99: 12 });
  expect(service.getMetrics().refused).toBe(0);
});
