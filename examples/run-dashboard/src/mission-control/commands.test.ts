import {
  COMMANDS,
  type CommandContext,
  type CommandDeclaration,
  type CommandHandler,
  type MissionControlService,
  type RemoteCommandName,
} from "@mission-control/sdk";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { USER } from "../dashboard-state/actor";
import type { Dashboard } from "../dashboard-state/dashboard";
import { fileSource, TURBINES, testDashboard } from "../test-dashboard";
import { acceptCommands, remoteCommands } from "./commands";
import { answer } from "./integration";

let dashboard: Dashboard;
let declared: Map<string, { declaration: CommandDeclaration; handler: CommandHandler }>;

beforeEach(async () => {
  dashboard = testDashboard();
  declared = new Map();
  const service = {
    onCommand(declaration: CommandDeclaration, handler: CommandHandler) {
      declared.set(declaration.type, { declaration, handler });
      return () => {};
    },
  };
  acceptCommands(
    service as unknown as MissionControlService,
    dashboard,
    remoteCommands(dashboard, () => ({ more: 1 })),
  );
  await dashboard.ingestData(fileSource("turbines.csv", TURBINES), USER);
});

const controller = () => new AbortController();

/** Does what an operator's command does. */
async function run(type: RemoteCommandName, payload: object = {}, abort = controller()): Promise<unknown> {
  const context: CommandContext = { signal: abort.signal, progress: () => {} };
  const command = { id: "c-1", type, payload, issuedBy: "ada" } as never;
  return declared.get(type)?.handler(command, context);
}

const entry = () => dashboard.state.activity.find(({ command }) => command !== null);

test("all seventeen are declared, with this dashboard's own values", () => {
  expect([...declared.keys()]).toEqual(Object.keys(COMMANDS));
  const values = (type: string, field: string) => {
    const schema = declared.get(type)?.declaration.payloadSchema as {
      properties: Record<string, { enum?: string[] }>;
    };
    return schema.properties[field]?.enum;
  };
  expect(values("NAVIGATE_TAB", "tabId")).toContain("workflows");
  expect(values("OPEN_MODAL", "modalId")).toContain("quality");
  expect(values("START_WORKFLOW", "workflowId")).toContain("daily-report");
  expect(values("EXECUTE_AGENT", "agentId")).toContain("data-steward");
});

describe("the activity", () => {
  test("says who had what done, and what came of it", async () => {
    expect(await run("NAVIGATE_TAB", { tabId: "data" })).toEqual({ tab: "data" });
    expect(entry()).toMatchObject({
      by: { kind: "operator", name: "ada" },
      title: "NAVIGATE_TAB data",
      detail: "done",
      tone: "normal",
    });
    await expect(run("NAVIGATE_TAB", { tabId: "moon" })).rejects.toThrow('there is no tab "moon"');
    expect(entry()).toMatchObject({ tone: "serious", detail: expect.stringContaining("overview, data") });
  });
});

describe("data", () => {
  test("an unknown source, and nothing to refresh, are told in words", async () => {
    await expect(run("INGEST_DATA", { source: "moon" })).rejects.toThrow(
      "is neither a source of this dashboard",
    );
    dashboard.clearData(USER);
    await expect(run("REFRESH_DATA")).rejects.toThrow("there is no data to refresh");
    await expect(run("EXPORT_DATA", { format: "csv" })).rejects.toThrow("there is no data to export");
    await expect(run("START_WORKFLOW", { workflowId: "daily-report" })).rejects.toThrow("ingest some first");
  });

  test("ingestion of a source that is not there says so, and leaves the data as it is", async () => {
    vi.stubGlobal("fetch", async () => new Response("", { status: 404 }));
    await expect(run("INGEST_DATA", { source: "turbines" })).rejects.toThrow("does not exist (404)");
    vi.stubGlobal("fetch", async () => {
      throw new TypeError("Failed to fetch");
    });
    await expect(run("INGEST_DATA", { source: "https://elsewhere.test/x.csv" })).rejects.toThrow(
      "Access-Control-Allow-Origin",
    );
    expect(dashboard.state.data.dataset?.rowCount).toBe(40);
    expect(dashboard.state.ingestion).toMatchObject({ status: "failed", error: { code: "UNREACHABLE" } });
    vi.unstubAllGlobals();
  });

  test("are refreshed, cleared and counted", async () => {
    expect(await run("REFRESH_DATA")).toMatchObject({ recordCount: 40, added: 40, rejected: 0 });
    expect(await run("CLEAR_DATA")).toEqual({ rowsRemoved: 40 });
    expect(dashboard.state.data.dataset).toBeNull();
  });

  test("an export larger than a frame is cut to whole rows, and says so", async () => {
    const wide = `a,b\n${`${"x".repeat(1_000)},1\n`.repeat(2_000)}`;
    await dashboard.ingestData(fileSource("wide.csv", wide), USER, { mode: "replace" });
    const result = (await run("EXPORT_DATA", { format: "ndjson" })) as {
      rows: number;
      data: string;
      truncated: boolean;
    };
    expect(result).toMatchObject({ truncated: true, rowsInAll: 2_000 });
    expect(result.data.length).toBeLessThan(700_000);
    expect(result.data.trimEnd().split("\n")).toHaveLength(result.rows);
    expect(dashboard.state.exports[0]?.rows).toBe(2_000);
  });
});

describe("workflows and agents", () => {
  test("run to their end, and say what they found", async () => {
    expect(
      await run("EXECUTE_WORKFLOW", { workflowId: "daily-report", context: { groupBy: "turbine" } }),
    ).toMatchObject({
      steps: [expect.any(String), expect.any(String), "Aggregate: 2 groups by turbine"],
    });
    await expect(
      run("EXECUTE_WORKFLOW", { workflowId: "daily-report", context: { groupBy: "moon" } }),
    ).rejects.toThrow('there is no column "moon"');
    expect(await run("EXECUTE_AGENT", { agentId: "data-steward" })).toMatchObject({ score: 1 });
  });

  test("end when the operator cancels the command that waits for them", async () => {
    for (const [type, payload] of [
      ["EXECUTE_WORKFLOW", { workflowId: "confidence-study", context: { resamples: 1_000_000 } }],
      ["EXECUTE_AGENT", { agentId: "correlation-analyst", data: { permutations: 10_000_000 } }],
    ] as const) {
      const wide = `a,b\n${Array.from({ length: 30 }, (_, n) => `${n},${(n * 7) % 11}`).join("\n")}`;
      await dashboard.ingestData(fileSource("numbers.csv", wide), USER, { mode: "replace" });
      const abort = controller();
      const running = run(type, payload, abort);
      const ended = expect(running).rejects.toThrow("by operator ada");
      await vi.waitFor(() => {
        const { executions, agentRuns } = dashboard.state;
        expect([executions[0]?.state, agentRuns[0]?.state]).toContain("running");
      });
      abort.abort(new Error("cancelled"));
      await ended;
    }
    expect(dashboard.state.executions[0]).toMatchObject({ state: "stopped", heldBy: { name: "ada" } });
    expect(dashboard.state.agentRuns[0]).toMatchObject({ state: "cancelled", cancelledBy: { name: "ada" } });
  });

  test("are ended by a restart of the services, the data is not", async () => {
    const { executionId } = (await run("START_WORKFLOW", { workflowId: "confidence-study" })) as {
      executionId: string;
    };
    await run("PAUSE_WORKFLOW", { executionId });
    expect(await run("RESTART_SERVICES")).toEqual({ life: 2, workflowsStopped: 1, agentsCancelled: 0 });
    expect(dashboard.state.executions[0]).toMatchObject({
      state: "stopped",
      error: "the services were restarted",
    });
    expect(dashboard.state.data.dataset?.rowCount).toBe(40);
  });
});

test("queries are answered with what the dashboard knows, and others left to the service", async () => {
  await run("EXECUTE_WORKFLOW", { workflowId: "profile-data" });
  const ask = (type: string, params: object | null = null) =>
    answer(dashboard, { id: "q", type, params } as never);
  expect(ask("QUALITY")).toMatchObject({ parts: { completeness: 100 } });
  expect(ask("WORKFLOWS")).toMatchObject([{ workflowId: "profile-data", state: "completed" }]);
  expect(ask("AGENTS")).toEqual([]);
  expect(ask("ROWS", { from: 38, count: 20 })).toEqual({
    columns: ["turbine", "power"],
    rows: [
      ["b", 38],
      ["a", 39],
    ],
  });
  expect(ask("STATUS")).toBeUndefined();
});
