import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { jobsHere } from "../analysis/job";
import { operator, USER } from "../dashboard-state/actor";
import type { Dataset } from "../dashboard-state/dataset";
import { type Execution, type ExecutionEvent, hasEnded, queued, transition } from "./machine";
import { runWorkflow } from "./steps";
import { WorkflowEngine } from "./workflow-engine";
import { workflowOf } from "./workflows";

const ADA = operator("ada");
const workflow = workflowOf("daily-report");

const event: fc.Arbitrary<ExecutionEvent> = fc.oneof(
  fc.constant<ExecutionEvent>({ type: "START", at: 1 }),
  fc.record({
    type: fc.constant("PROGRESS" as const),
    progress: fc.record({
      step: fc.nat(2),
      fraction: fc.double({ min: 0, max: 1, noNaN: true }),
      summaries: fc.constant([]),
    }),
  }),
  fc.constant<ExecutionEvent>({ type: "PAUSE", by: ADA }),
  fc.constant<ExecutionEvent>({ type: "RESUME" }),
  fc.constant<ExecutionEvent>({
    type: "COMPLETE",
    at: 2,
    result: { report: {}, summaries: ["a", "b", "c"] },
  }),
  fc.constant<ExecutionEvent>({ type: "FAIL", at: 2, error: "no" }),
  fc.constant<ExecutionEvent>({ type: "STOP", at: 2, by: ADA }),
);

describe("an execution", () => {
  test("whatever happens to it: an end is the end, progress never falls, only what runs is paused", () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), (events) => {
        let execution: Execution = queued("wf-1", workflow, USER, 0);
        for (const one of events) {
          const before = execution;
          execution = transition(before, one);
          if (hasEnded(before)) expect(execution).toBe(before);
          expect(execution.progress).toBeGreaterThanOrEqual(before.progress);
          expect(execution.progress).toBeLessThanOrEqual(1);
          if (execution.state === "paused") expect(["running", "paused"]).toContain(before.state);
          if (execution.state === "completed") expect(execution.startedAt).not.toBeNull();
          expect(execution.endedAt !== null).toBe(hasEnded(execution));
        }
      }),
    );
  });

  test("goes the usual way", () => {
    const states = [queued("wf-1", workflow, USER, 0)];
    for (const type of ["START", "PAUSE", "RESUME", "STOP"] as const) {
      const one = { type, at: 1, by: ADA } as ExecutionEvent;
      states.push(transition(states.at(-1) as Execution, one));
    }
    expect(states.map(({ state }) => state)).toEqual(["queued", "running", "paused", "running", "stopped"]);
    expect(states.at(-1)?.heldBy).toEqual(ADA);
  });
});

const good: Dataset = {
  columns: [
    { name: "turbine", type: "text", values: ["a", "b", "a", "b"] },
    { name: "power", type: "number", values: [1, 2, 3, 4] },
  ],
  rowCount: 4,
};
const bad: Dataset = {
  ...good,
  columns: [
    good.columns[0] as Dataset["columns"][0],
    { name: "power", type: "number", values: [1, 2, 3, "ERR"] },
  ],
};

function engine() {
  const seen: Execution[] = [];
  return { seen, engine: new WorkflowEngine(jobsHere(runWorkflow), (execution) => seen.push(execution)) };
}

describe("the engine", () => {
  test("runs a workflow to its end, with its report", async () => {
    const { engine: one, seen } = engine();
    const { id } = one.start("daily-report", good, {}, USER);
    const ended = await one.ended(id);
    expect(ended).toMatchObject({ state: "completed", progress: 1, startedBy: USER });
    expect(ended.report?.aggregate?.groups).toMatchObject([{ key: "a", means: { power: 2 } }, { key: "b" }]);
    expect(ended.steps.map(({ summary }) => summary)).not.toContain(null);
    expect(new Set(seen.map(({ state }) => state))).toEqual(new Set(["queued", "running", "completed"]));
  });

  test("fails at the gate when the data is bad, and says where; with more tolerance it passes", async () => {
    const { engine: one } = engine();
    const failed = await one.ended(one.start("daily-report", bad, {}, USER).id);
    expect(failed).toMatchObject({ state: "failed", report: null });
    expect(failed.error).toContain(
      '25.0 % of the rows are invalid, and 5 % may be; worst is power, such as "ERR" in row 4',
    );
    const passed = await one.ended(one.start("daily-report", bad, { tolerancePercent: 30 }, USER).id);
    expect(passed.state).toBe("completed");
    const wrong = await one.ended(one.start("daily-report", bad, { tolerancePercent: "all" }, USER).id);
    expect(wrong.error).toContain("context.tolerancePercent must be a number from 0 to 100");
  });

  test("holds an execution, lets it go on, and stops it for good", async () => {
    const { engine: one, seen } = engine();
    const { id } = one.start("confidence-study", good, { resamples: 1_000_000 }, USER);
    await vi.waitFor(() => expect(seen.at(-1)?.progress).toBeGreaterThan(0));
    expect(one.togglePause(id, ADA)).toMatchObject({ state: "paused", heldBy: ADA });
    // What was under way when it was held is told; nothing after it.
    await new Promise((resolve) => setTimeout(resolve, 60));
    const held = seen.length;
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(seen.length).toBe(held);
    expect(one.togglePause(id, ADA).state).toBe("running");
    await vi.waitFor(() => expect(seen.length).toBeGreaterThan(held + 1));
    expect(one.stop(id, ADA)).toMatchObject({ state: "stopped", heldBy: ADA });
    expect((await one.ended(id)).state).toBe("stopped");
    expect(() => one.stop(id, ADA)).toThrow("is stopped already");
    expect(() => one.togglePause(id, ADA)).toThrow("only what runs can be paused");
  });

  test("runs two at a time; the third waits, and begins when one has ended", async () => {
    const { engine: one, seen } = engine();
    const ids = [1, 2, 3].map(() => one.start("confidence-study", good, { resamples: 1_000_000 }, USER).id);
    expect(one.active.map(({ state }) => state)).toEqual(["running", "running", "queued"]);
    one.stop(ids[0] ?? "", ADA);
    expect(one.active.map(({ state }) => state)).toEqual(["running", "running"]);
    expect(one.stopAll(ADA, "restarted")).toBe(2);
    expect(one.active).toEqual([]);
    expect(seen.filter(({ state }) => state === "stopped")).toHaveLength(3);
  });

  test("names what there is when asked for what there is not", () => {
    const { engine: one } = engine();
    expect(() => one.start("tea", good, {}, USER)).toThrow(
      'there is no workflow "tea"; there are profile-data',
    );
    expect(() => one.stop("wf-9", USER)).toThrow('there is no execution "wf-9"; nothing has run yet');
  });
});
