import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Problem } from "../errors.js";
import { INGEST_DATA } from "../protocol/catalog.js";
import type { Command, CommandResult, DashboardMessage } from "../protocol/index.js";
import { type CommandAuthority, CommandExecutor } from "./executor.js";

const sent: DashboardMessage[] = [];
const results: CommandResult[] = [];
const problems: Problem[] = [];
let started: readonly (readonly [string, number])[];
let executor: CommandExecutor;

function make(): CommandExecutor {
  return new CommandExecutor({
    hubTime: () => Date.now(),
    started: () => started,
    keepStarted: async (commands) => {
      started = commands;
    },
    send: (message) => sent.push(message),
    publishResult: (json) => {
      if (json.length > 1_000) return "it is too large";
      results.push(JSON.parse(json));
      return undefined;
    },
    report: (problem) => problems.push(problem),
  });
}

beforeEach(() => {
  vi.useFakeTimers();
  for (const list of [sent, results, problems]) list.length = 0;
  started = [];
  executor = make();
});
afterEach(() => {
  vi.useRealTimers();
});

function command(id = "c1", lifetimeMs = 60_000): Command {
  return {
    id,
    type: "INGEST_DATA",
    payload: { source: "s" },
    dashboardId: "d",
    issuedBy: "ada",
    issuedAt: new Date().toISOString(),
    expiresAt: new Date(Date.now() + lifetimeMs).toISOString(),
  };
}

describe("a command", () => {
  test("is accepted, run once and answered", async () => {
    const runs: string[] = [];
    executor.accept(INGEST_DATA, ({ id }) => {
      runs.push(id);
      return { recordCount: 3 };
    });
    await executor.receive(command(), undefined);
    await executor.receive(command(), undefined);
    expect(runs).toEqual(["c1"]);
    expect(sent).toEqual([{ type: "COMMAND_PROGRESS", commandId: "c1", stage: "ACCEPTED" }]);
    expect(results).toMatchObject([{ commandId: "c1", success: true, result: { recordCount: 3 } }]);
    expect(results[0]?.duration).toBeGreaterThanOrEqual(0);
  });

  test("is not run again after a restart", async () => {
    let runs = 0;
    executor.accept(INGEST_DATA, () => void runs++);
    await executor.receive(command(), undefined);
    executor = make();
    executor.accept(INGEST_DATA, () => void runs++);
    await executor.receive(command(), undefined);
    expect(runs).toBe(1);
  });

  test("that comes again while it runs is accepted again, and not run again", async () => {
    let finish = (_: unknown) => {};
    executor.accept(
      INGEST_DATA,
      () =>
        new Promise((resolve) => {
          finish = resolve;
        }),
    );
    const running = executor.receive(command(), undefined);
    await vi.advanceTimersByTimeAsync(1);
    await executor.receive(command(), undefined);
    expect(sent.length).toBe(2);
    finish("done");
    await running;
    expect(results).toMatchObject([{ success: true, result: "done" }]);
  });

  test("that has expired is refused", async () => {
    executor.accept(INGEST_DATA, () => "ran");
    await executor.receive(command("c1", 0), undefined);
    expect(results).toMatchObject([{ success: false, error: expect.stringContaining("after it expired") }]);
    expect(problems).toMatchObject([{ code: "COMMAND_REFUSED" }]);
  });

  test("without a handler fails, and says so", async () => {
    await executor.receive(command(), undefined);
    expect(results).toMatchObject([
      { success: false, error: "this dashboard has no handler for INGEST_DATA" },
    ]);
  });

  test.each([
    [
      "throws",
      () => {
        throw new Error("no disk");
      },
      "no disk",
    ],
    ["rejects", () => Promise.reject(new Error("no network")), "no network"],
    [
      "throws a text",
      () => {
        throw "just so";
      },
      "just so",
    ],
    [
      "throws something without text",
      () => {
        throw Object.create(null);
      },
      "no text",
    ],
    [
      "throws an error without message",
      () => {
        throw new Error("");
      },
      "without saying why",
    ],
    ["returns what is no JSON", () => 1n, "cannot be sent"],
    ["returns too much", () => "x".repeat(2_000), "too large"],
  ])("whose handler %s fails with the cause", async (_, handler, cause) => {
    executor.accept(INGEST_DATA, handler);
    await executor.receive(command(), undefined);
    expect(results).toMatchObject([
      { commandId: "c1", success: false, error: expect.stringContaining(cause) },
    ]);
  });

  test("that is cancelled is answered with exactly `cancelled`", async () => {
    executor.accept(
      INGEST_DATA,
      (_, { signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener("abort", () => reject(new Error("stopped halfway")));
        }),
    );
    const running = executor.receive(command(), undefined);
    await vi.advanceTimersByTimeAsync(1);
    executor.cancel("c1");
    await running;
    expect(results).toMatchObject([{ success: false, error: "cancelled" }]);
  });

  test("that cannot be stopped any more is answered with its result", async () => {
    executor.accept(INGEST_DATA, () => new Promise((resolve) => setTimeout(resolve, 50, "done")));
    const running = executor.receive(command(), undefined);
    await vi.advanceTimersByTimeAsync(1);
    executor.cancel("c1");
    await vi.advanceTimersByTimeAsync(50);
    await running;
    expect(results).toMatchObject([{ success: true, result: "done" }]);
  });

  test("whose handler hangs is aborted when it expires, and answered for a little later", async () => {
    let reason: unknown;
    executor.accept(INGEST_DATA, (_, { signal }) => {
      signal.addEventListener("abort", () => {
        reason = signal.reason;
      });
      return new Promise(() => {});
    });
    const running = executor.receive(command("c1", 1_000), undefined);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(String(reason)).toContain("before the command expired");
    expect(results).toEqual([]);
    await vi.advanceTimersByTimeAsync(5_000);
    await running;
    expect(results).toMatchObject([{ success: false, error: expect.stringContaining("not known") }]);
    expect(executor.busy).toBe(false);
  });

  test("reports progress at most ten times a second, the latest always, and none after its end", async () => {
    let late = () => {};
    executor.accept(INGEST_DATA, async (_, { progress }) => {
      for (let n = 1; n <= 100; n++) progress(n / 100, `${n}`);
      await new Promise((resolve) => setTimeout(resolve, 150));
      progress(Number.NaN);
      progress(7);
      late = () => progress(0.5);
    });
    const running = executor.receive(command(), undefined);
    await vi.advanceTimersByTimeAsync(150);
    await running;
    late();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(sent.slice(1).map((message) => (message as { progress?: number }).progress)).toEqual([0.01, 1, 1]);
  });

  test("is heard of by those who only listen, whatever they do", async () => {
    const heard: string[] = [];
    executor.accept(INGEST_DATA, () => "done");
    executor.listen(({ type }) => heard.push(type));
    executor.listen(() => {
      throw new Error("broken listener");
    });
    await executor.receive(command(), undefined);
    expect(heard).toEqual(["INGEST_DATA"]);
    expect(results).toMatchObject([{ success: true, result: "done" }]);
    expect(problems).toMatchObject([{ code: "CALLBACK_FAILED" }]);
  });

  test("that is no command is ignored", async () => {
    await executor.receive(undefined as never, undefined);
    await executor.receive({} as never, undefined);
    expect(results).toEqual([]);
  });
});

describe("an authority", () => {
  const log: string[] = [];
  const authority = (check: CommandAuthority["checkCommand"]): CommandAuthority => ({
    checkCommand: check,
    logCommandExecution: ({ id }, { success }) => log.push(`${id} ${success}`),
    logRefusal: ({ id }, code) => log.push(`${id} ${code}`),
  });
  beforeEach(() => {
    log.length = 0;
    executor.accept(INGEST_DATA, () => "ran");
  });

  test("hears of executions", async () => {
    executor.authority = authority(async () => ({ allowed: true }));
    await executor.receive(command(), undefined);
    expect(log).toEqual(["c1 true"]);
  });

  test("that refuses keeps the command from running", async () => {
    executor.authority = authority(async () => ({
      allowed: false,
      code: "NOT_PERMITTED",
      reason: "ada may not",
    }));
    await executor.receive(command(), undefined);
    expect(results).toMatchObject([{ success: false, error: "ada may not" }]);
    expect(log).toEqual(["c1 NOT_PERMITTED"]);
  });

  test("that fails is taken for a refusal", async () => {
    executor.authority = authority(async () => {
      throw new Error("no keys");
    });
    await executor.receive(command(), undefined);
    expect(results).toMatchObject([{ success: false, error: expect.stringContaining("no keys") }]);
    expect(log).toEqual(["c1 CHECK_FAILED"]);
  });
});
