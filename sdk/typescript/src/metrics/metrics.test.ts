import { createServer } from "node:http";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { DashboardMetrics } from "../protocol/index.js";
import { MetricCollector } from "./collector.js";
import { Samples } from "./samples.js";

describe("samples", () => {
  test("know their mean and percentiles by nearest rank", () => {
    const samples = new Samples();
    expect(samples.percentiles()).toBeUndefined();
    for (let n = 100; n >= 1; n--) samples.add(n);
    samples.add(Number.NaN);
    expect(samples.mean).toBe(50.5);
    expect(samples.percentiles()).toEqual({ p50: 50, p95: 95, p99: 99 });
  });

  test("forget the oldest", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1_000 }), { minLength: 1, maxLength: 60 }), (values) => {
        const samples = new Samples(8);
        for (const value of values) samples.add(value);
        const newest = values.slice(-8);
        expect(samples.mean).toBeCloseTo(newest.reduce((a, b) => a + b) / newest.length);
        expect(samples.percentiles()?.p99).toBe(Math.max(...newest));
        expect(samples.count).toBe(values.length);
      }),
    );
  });
});

describe("the collector", () => {
  const reports: DashboardMetrics[] = [];
  const service = { reportMetrics: (metrics: DashboardMetrics) => void reports.push(metrics) };
  beforeEach(() => {
    vi.useFakeTimers();
    reports.length = 0;
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("reports each group at its own interval, and only groups it knows of", () => {
    const collector = new MetricCollector(service);
    collector.start();
    vi.advanceTimersByTime(20_000);
    const count = (group: keyof DashboardMetrics) => reports.filter((report) => report[group]).length;
    expect([
      count("performance"),
      count("usage"),
      count("data"),
      count("agents"),
      count("workflows"),
    ]).toEqual([4, 2, 0, 0, 0]);
    collector.setData(10, 99);
    collector.setAgentQueue(0);
    collector.workflowStarted();
    vi.advanceTimersByTime(10_000);
    expect([count("data"), count("agents"), count("workflows")]).toEqual([1, 1, 1]);
    collector.stop();
    reports.length = 0;
    vi.advanceTimersByTime(60_000);
    expect(reports).toEqual([]);
  });

  test("goes on when the dashboard cannot say how many users there are", () => {
    const problems: string[] = [];
    const collector = new MetricCollector(service, {
      activeUsers: () => {
        throw new Error("broken");
      },
      onProblem: ({ message }) => problems.push(message),
    });
    expect(collector.measure(["usage"]).usage?.activeUsers).toBe(1);
    expect(problems).toEqual(["`activeUsers` failed: broken"]);
  });

  test("counts tabs, features, records, agents and workflows", () => {
    const collector = new MetricCollector(service, { activeUsers: () => 4, intervals: { performance: 0 } });
    collector.start();
    for (const tab of ["overview", "overview", "__proto__"]) collector.countTabView(tab);
    collector.countFeature("export");
    collector.setData(1_000, 97.5);
    collector.countProcessed(200, 10);
    collector.recordAgentExecution(100, true);
    collector.recordAgentExecution(300, false);
    collector.workflowStarted();
    collector.workflowStarted();
    collector.workflowEnded(500, true);
    vi.advanceTimersByTime(10_000);
    collector.stop();
    expect(Object.assign({}, ...reports)).toMatchObject({
      usage: { activeUsers: 4, sessionDuration: 10_000, featureUsage: { export: 1 } },
      data: { totalRecords: 1_000, dataQuality: 97.5, processingRate: 20, errorRate: 5 },
      agents: {
        executionCount: 2,
        avgExecutionTime: 200,
        successRate: 50,
        queueLength: 0,
        percentiles: { executionTime: { p95: 300 } },
      },
      workflows: { activeCount: 1, completedCount: 1, failedCount: 0, avgDuration: 500 },
    });
    expect(JSON.stringify(reports)).toContain('"tabViews":{"overview":2,"__proto__":1}');
    expect(reports.every((report) => !report.performance)).toBe(true);
    // Rates are those of the interval.
    expect(collector.measure(["data"]).data).toMatchObject({ processingRate: 0, errorRate: 0 });
  });
});

test("the process, and what it fetches, is really measured", async () => {
  const server = createServer((_, response) => setTimeout(() => response.end("ok"), 30));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const collector = new MetricCollector({ reportMetrics: () => {} });
  collector.start();
  await (await fetch(`http://127.0.0.1:${port}/`)).text();
  const busyUntil = performance.now() + 60;
  while (performance.now() < busyUntil);
  const performanceNow = await vi.waitFor(() => {
    const measured = collector.measure(["performance"]).performance;
    if (!measured?.apiResponseTime) throw new Error("not yet");
    return measured;
  });
  collector.stop();
  server.close();
  expect(performanceNow.apiResponseTime).toBeGreaterThan(20);
  expect(performanceNow.apiResponseTime).toBeLessThan(2_000);
  expect(performanceNow.memoryUsage).toBeGreaterThan(10_000_000);
  expect(performanceNow.cpuUsage).toBeGreaterThan(1);
  expect(performanceNow.pageLoadTime).toBeGreaterThan(0);
});
