import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { WebSocket } from "ws";
import { MemoryQueueStorage, MissionControlService } from "../../src/index.js";
import { eventually, Hub, Operator } from "./hub.js";

let hub: Hub;
let operator: Operator | undefined;
let directory: string;

beforeEach(async () => {
  hub = await Hub.start();
  directory = await mkdtemp(join(tmpdir(), "mc-queue-"));
});
afterEach(async () => {
  operator?.close();
  await hub.stop();
  await rm(directory, { recursive: true, force: true });
});

test("events published while the hub is killed five times arrive once and in order", async () => {
  const mc = new MissionControlService({
    url: hub.url,
    token: await hub.token("dashboard"),
    WebSocket,
    storage: new MemoryQueueStorage(),
    backoff: { shortestMs: 20, longestMs: 200 },
  });
  await mc.registerDashboard({ id: "ts-stream", useCase: "energy", version: "1" });
  const total = 10_000;
  let published = 0;
  const publish = async (until: number) => {
    while (published < until) {
      for (let i = 0; i < 40; i++) mc.publishEvent({ type: "STEP", payload: { n: ++published } });
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  };
  for (let kill = 1; kill <= 5; kill++) {
    const publishing = publish((total / 5) * kill);
    await eventually(
      "the stream is under way",
      () => mc.getMetrics().acknowledged > (total / 5) * (kill - 1) + 200,
    );
    await hub.kill();
    await publishing;
    await hub.start();
  }
  await mc.flush();
  expect(mc.getMetrics()).toMatchObject({ acknowledged: total, dropped: 0, refused: 0, registrations: 6 });
  operator = await Operator.connect(hub);
  const records = operator;
  await eventually("all are in the log", () => records.of("ts-stream", "EVENT").length >= total);
  const numbers = operator.of("ts-stream", "EVENT").map(({ body }) => body.payload.n);
  expect(numbers).toEqual(Array.from({ length: total }, (_, index) => index + 1));
  await mc.disconnect();
});

test("a program that is killed and started again goes on where its queue was", async () => {
  const compiled = fileURLToPath(new URL("../../node_modules/.cache/mission-control-sdk", import.meta.url));
  const root = fileURLToPath(new URL("../..", import.meta.url));
  execFileSync(
    process.execPath,
    ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json", "--outDir", compiled],
    {
      cwd: root,
    },
  );
  const token = await hub.token("dashboard");
  const script = fileURLToPath(new URL("publisher.mjs", import.meta.url));
  const stored: number[] = [];
  const start = (run: number): ChildProcess => {
    const child = spawn(process.execPath, [script, compiled, hub.url, token, directory, String(run)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    child.stdout?.on("data", (chunk: Buffer) => {
      for (const line of chunk.toString().split("\n")) if (line) stored[run] = Number(line.split(" ")[1]);
    });
    return child;
  };
  const end = (child: ChildProcess, signal: NodeJS.Signals) =>
    new Promise((resolve) => {
      child.once("exit", resolve);
      child.kill(signal);
    });

  // With the hub up, with the hub down, and with the hub killed in between.
  let child = start(1);
  await eventually("run 1 is under way", () => (stored[1] ?? 0) >= 500);
  await end(child, "SIGKILL");
  child = start(2);
  await eventually("run 2 is under way", () => (stored[2] ?? 0) >= 500);
  await hub.kill();
  await eventually("run 2 goes on without a hub", () => (stored[2] ?? 0) >= 1_000);
  await end(child, "SIGKILL");
  child = start(3);
  await eventually("run 3 goes on without a hub", () => (stored[3] ?? 0) >= 500);
  await hub.start();
  await eventually("run 3 is under way", () => (stored[3] ?? 0) >= 1_000);
  await end(child, "SIGTERM");

  operator = await Operator.connect(hub);
  const records = operator;
  const last = await eventually("all are in the log", () => {
    const found = records.of("ts-restarted", "EVENT");
    return found.some(({ body }) => body.payload.run === 3 && body.payload.n === stored[3]) && found;
  });
  const runs = new Map<number, number[]>();
  const order: number[] = [];
  for (const { body } of last) {
    const { run, n } = body.payload;
    if (order.at(-1) !== run) order.push(run);
    runs.set(run, [...(runs.get(run) ?? []), n]);
  }
  expect(order).toEqual([1, 2, 3]);
  for (const run of [1, 2, 3]) {
    const numbers = runs.get(run) ?? [];
    expect(numbers, `run ${run}`).toEqual(Array.from({ length: numbers.length }, (_, index) => index + 1));
    expect(numbers.length).toBeGreaterThanOrEqual(stored[run] ?? Number.POSITIVE_INFINITY);
  }
});
