import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import {
  COMMANDS,
  MemoryQueueStorage,
  type MissionControlOptions,
  MissionControlService,
  type Problem,
  RemoteControl,
} from "../../src/index.js";
import { publicKeyOf, SecurityIntegration } from "../../src/security/index.js";
import { eventually, Hub, Operator } from "./hub.js";

let hub: Hub;
let operator: Operator;
const services: MissionControlService[] = [];
const problems: Problem[] = [];

beforeAll(async () => {
  hub = await Hub.start();
  operator = await Operator.connect(hub);
});
afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.disconnect()));
});
afterAll(async () => {
  operator?.close();
  await hub?.stop();
});

async function service(options: Partial<MissionControlOptions> = {}): Promise<MissionControlService> {
  const made = new MissionControlService({
    url: hub.url,
    token: await hub.token("dashboard"),
    WebSocket,
    storage: new MemoryQueueStorage(),
    onProblem: (problem) => problems.push(problem),
    ...options,
  });
  services.push(made);
  return made;
}

const config = (id: string) => ({ id, useCase: "energy", version: "1.0.0" });

test("registers, and what it publishes is in the log", async () => {
  const mc = await service({ context: () => ({ user: "ada", sessionId: "s1" }) });
  const statuses: string[] = [];
  mc.onConnectionChange((status) => statuses.push(status));
  mc.publishEvent({ type: "EARLY", payload: { before: "registration" } });
  const registration = await mc.registerDashboard(config("ts-1"));
  expect(registration).toMatchObject({ success: true, dashboardId: "ts-1", lastSeq: 0 });
  mc.updateStatus({
    state: "active",
    dataStatus: { hasData: true, lastIngested: null, recordCount: 3 },
    activeTab: "overview",
    connectedUsers: 1,
    performance: { responseTime: 1, errorRate: 0, throughput: 2 },
  });
  mc.reportMetrics({ data: { totalRecords: 3, processingRate: 1, errorRate: 0, dataQuality: 99 } });
  mc.raiseAlert({ type: "DATA_QUALITY", severity: "warning", title: "Low", message: "71%" });
  mc.reportResourceUsage({
    host: {
      cpuPercent: 4,
      memory: { usedBytes: 1, totalBytes: 2 },
      disk: { usedBytes: 1, totalBytes: 2, readBytesPerSecond: 0, writeBytesPerSecond: 0 },
      network: { receivedBytesPerSecond: 0, sentBytesPerSecond: 0 },
    },
    processes: [],
  });
  await mc.flush();
  const event = await eventually("the event is there", () => operator.of("ts-1", "EVENT")[0]);
  expect(event.body).toMatchObject({
    type: "EARLY",
    dashboardId: "ts-1",
    payload: { before: "registration" },
    context: { user: "ada", sessionId: "s1" },
  });
  await eventually("the alert is there", () => operator.of("ts-1", "ALERT")[0]);
  for (const kind of ["METRICS", "RESOURCE_USAGE", "STATUS"]) {
    await eventually(`${kind} is there`, () => operator.of("ts-1", kind)[0]);
  }
  expect(operator.of("ts-1", "ALERT")[0]?.body.alert).toMatchObject({ source: "dashboard", title: "Low" });
  expect(operator.of("ts-1", "STATUS")[0]?.body).toMatchObject({ useCase: "energy", activeTab: "overview" });
  expect(mc.getMetrics()).toMatchObject({
    eventCount: 1,
    errorCount: 0,
    queued: 0,
    acknowledged: 4,
    refused: 0,
  });
  expect(statuses).toEqual(["disconnected", "connecting", "connecting", "connecting", "connected"]);
  await mc.disconnect("done");
  await eventually("it has left", () =>
    operator.of("ts-1", "CONNECTION").find(({ body }) => body.liveness === "left"),
  );
  expect(problems).toEqual([]);
});

test("a wrong token is told as what it is, and does not retry", async () => {
  const mc = await service({ token: "wrong" });
  await expect(mc.registerDashboard(config("ts-2"))).rejects.toMatchObject({
    code: "REGISTRATION_REFUSED",
    hubCode: "TOKEN_INVALID",
  });
  expect(mc.connection).toMatchObject({ status: "refused", code: "TOKEN_INVALID" });
  problems.length = 0;
});

test("commands: result, progress, failure, cancellation, queries, configuration, alerts", async () => {
  const mc = await service();
  const seen: string[] = [];
  const alerts: string[] = [];
  const values: unknown[] = [];
  new RemoteControl(mc, {
    NAVIGATE_TAB: (tabId) => ({ tab: tabId }),
    EXPORT_DATA: () => new Blob(["a,b\n1,2\n"], { type: "text/csv" }),
    CLEAR_DATA: () => {
      throw new Error("the data is locked");
    },
    REFRESH_DATA: async (context) => {
      context.progress(0.5, "halfway");
      await new Promise((_, reject) =>
        context.signal.addEventListener("abort", () => reject(context.signal.reason)),
      );
    },
    COLLECT_DIAGNOSTICS: () => ({ big: 1n }),
  });
  mc.onCommand((command) => void seen.push(command.type));
  mc.onAlert((alert) => alerts.push(alert.title));
  mc.onConfigUpdate((pushed) => {
    if ((pushed as { bad?: boolean }).bad) throw new Error("bad is not allowed");
    values.push(pushed);
  });
  mc.onQuery("TABS", () => ["overview"]);
  await mc.registerDashboard(config("ts-3"));

  const issue = async (commandType: string, payload: object = {}) => {
    const { commandId } = await operator.request({
      kind: "ISSUE_COMMAND",
      dashboardId: "ts-3",
      commandType,
      payload,
    });
    return commandId as string;
  };
  const last = (commandId: string, stage: string) =>
    eventually(`${commandId} is ${stage}`, () =>
      operator.of("ts-3", "COMMAND").find(({ body }) => body.commandId === commandId && body.stage === stage),
    );

  expect((await last(await issue("NAVIGATE_TAB", { tabId: "t2" }), "SUCCEEDED")).body.result).toEqual({
    tab: "t2",
  });
  expect((await last(await issue("EXPORT_DATA", { format: "csv" }), "SUCCEEDED")).body.result).toEqual({
    type: "text/csv",
    size: 8,
    encoding: "utf-8",
    data: "a,b\n1,2\n",
  });
  expect(JSON.stringify((await last(await issue("CLEAR_DATA"), "FAILED")).body.error)).toContain(
    "the data is locked",
  );
  expect(JSON.stringify((await last(await issue("COLLECT_DIAGNOSTICS"), "FAILED")).body.error)).toContain(
    "cannot be sent",
  );
  const refreshing = await issue("REFRESH_DATA");
  expect((await last(refreshing, "RUNNING")).body).toMatchObject({ progress: 0.5, message: "halfway" });
  await operator.request({ kind: "CANCEL_COMMAND", commandId: refreshing });
  await last(refreshing, "CANCELLED");
  await expect(issue("OPEN_MODAL", { modalId: "m" })).rejects.toThrow("COMMAND_UNDECLARED");
  expect(seen).toEqual(["NAVIGATE_TAB", "EXPORT_DATA", "CLEAR_DATA", "COLLECT_DIAGNOSTICS", "REFRESH_DATA"]);

  // A command declared later is declared to the hub by a new registration of the same session.
  mc.onCommand(COMMANDS.OPEN_MODAL, () => "opened");
  const opened = await eventually("the hub knows it", () => mc.getMetrics().registrations === 2).then(() =>
    issue("OPEN_MODAL", { modalId: "m" }),
  );
  expect((await last(opened, "SUCCEEDED")).body.result).toBe("opened");

  const ask = (queryType: string) =>
    operator.request({ kind: "QUERY", dashboardId: "ts-3", queryType, params: null });
  expect((await ask("TABS")).result).toEqual(["overview"]);
  expect((await ask("CONFIGURATION")).result).toBeNull();
  await expect(ask("NONSENSE")).rejects.toThrow("does not answer NONSENSE");
  await operator.request({ kind: "PUSH_CONFIGURATION", dashboardId: "ts-3", values: { rate: 5 } });
  await eventually("the configuration is in force", () => values.length === 1);
  await operator.request({ kind: "PUSH_CONFIGURATION", dashboardId: "ts-3", values: { bad: true } });
  await eventually("the other is rejected", () =>
    operator
      .of("ts-3", "CONFIGURATION")
      .find(({ body }) => JSON.stringify(body).includes("bad is not allowed")),
  );
  expect((await ask("CONFIGURATION")).result).toEqual({ version: 1, values: { rate: 5 } });
  await operator.request({ kind: "NOTIFY_DASHBOARD", dashboardId: "ts-3", title: "Hello", message: "there" });
  await eventually("the alert is shown", () => alerts[0] === "Hello");
});

test("a dashboard that takes signed commands only refuses others, and the audit says so", async () => {
  const key = await publicKeyOf(new Uint8Array(32).fill(7));
  const security = new SecurityIntegration({ operatorKeys: [key] });
  const mc = await service({ security });
  let ran = false;
  mc.onCommand(COMMANDS.CLEAR_DATA, () => {
    ran = true;
  });
  await mc.registerDashboard(config("ts-4"));
  await operator.request({
    kind: "ISSUE_COMMAND",
    dashboardId: "ts-4",
    commandType: "CLEAR_DATA",
    payload: {},
  });
  const audit = await eventually("the audit is there", () =>
    operator.of("ts-4", "EVENT").find(({ body }) => body.type === "MISSION_CONTROL_COMMAND_REFUSED"),
  );
  expect(audit.body.payload).toMatchObject({ command: "CLEAR_DATA", code: "UNSIGNED", issuedBy: "tester" });
  await eventually("it failed", () =>
    operator.of("ts-4", "COMMAND").find(({ body }) => body.stage === "FAILED"),
  );
  expect(ran).toBe(false);
});

test("what cannot be sent is told, and disturbs nothing", async () => {
  const mc = await service();
  const cyclic: Record<string, unknown> = {};
  cyclic.self = cyclic;
  await mc.registerDashboard(config("ts-5"));
  problems.length = 0;
  mc.publishEvent({ type: "CYCLIC", payload: cyclic });
  mc.publishEvent(undefined as never);
  mc.reportMetrics({ data: { totalRecords: Number.NaN, processingRate: 0, errorRate: 0, dataQuality: 0 } });
  mc.publishEvent({ type: "HUGE", payload: "x".repeat(2 * 1024 * 1024) });
  mc.raiseAlert({ type: "BAD", severity: "awful" as never, title: "t" });
  mc.publishEvent({ type: "FINE" });
  await mc.flush();
  await eventually("the good one is there", () =>
    operator.of("ts-5", "EVENT").some(({ body }) => body.type === "FINE"),
  );
  await mc.flush();
  const refused = await eventually("all are told", () => {
    const found = operator.of("ts-5", "EVENT").filter(({ body }) => body.type === "MESSAGE_REFUSED");
    return found.length === 5 && found;
  });
  expect(refused.map(({ body }) => body.payload.code).sort()).toEqual([
    "FRAME_TOO_LARGE",
    "INVALID_MESSAGE",
    "NOT_SENDABLE",
    "NOT_SENDABLE",
    "NOT_SENDABLE",
  ]);
  expect(problems.map(({ code }) => code).sort()).toEqual([
    "MESSAGE_REFUSED",
    "MESSAGE_REFUSED",
    "NOT_SENDABLE",
    "NOT_SENDABLE",
    "NOT_SENDABLE",
  ]);
  expect(mc.connection.status).toBe("connected");
});

test("a queue that overflows while there is no hub tells the operator what it dropped", async () => {
  const mc = await service({ queueBytes: 50_000 });
  mc.raiseAlert({ type: "FIRST", severity: "error", title: "the first of all" });
  for (let n = 1; n <= 500; n++) mc.publishEvent({ type: "STEP", payload: { n } });
  const { dropped } = mc.getMetrics();
  expect(dropped).toBeGreaterThan(100);
  await mc.registerDashboard(config("ts-6"));
  await mc.flush();
  const overflow = await eventually("it is told", () =>
    operator.of("ts-6", "EVENT").find(({ body }) => body.type === "QUEUE_OVERFLOW"),
  );
  expect(overflow.body.payload).toMatchObject({ count: dropped, dropped: { "EVENT STEP": dropped } });
  const steps = await eventually("what was kept is there", () => {
    const found = operator.of("ts-6", "EVENT").filter(({ body }) => body.type === "STEP");
    return found.length >= 500 - dropped && found;
  });
  expect(steps.map(({ body }) => body.payload.n)).toEqual(
    Array.from({ length: 500 - dropped }, (_, index) => dropped + index + 1),
  );
  await eventually("the alert was kept", () => operator.of("ts-6", "ALERT").length === 1);
  expect(mc.getMetrics()).toMatchObject({ dropped, queued: 0 });
});
