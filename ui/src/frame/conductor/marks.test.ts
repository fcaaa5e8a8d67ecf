import { expect, test } from "vitest";
import type { Timeline } from "../../bindings/Timeline";
import { markNear, marksOf } from "./marks";

const at = (seconds: number) => new Date(seconds * 1000).toISOString();
const timeline: Timeline = {
  earliest: at(0),
  from: at(0),
  to: at(1000),
  records: [1],
  alerts: [
    { hub: "h", alertId: "a", at: at(500), status: "serious", title: "Too hot", dashboardName: "hall 3" },
  ],
  hasMoreAlerts: false,
  changes: [
    { hub: "h", at: at(501), status: "normal", title: "came online", dashboardName: "hall 3" },
    { hub: "h", at: at(200), status: "off", title: "left", dashboardName: "hall 1" },
  ],
  hasMoreChanges: false,
};

test("alerts and changes are marks in the order they happened, and say what happened", () => {
  expect(marksOf(timeline).map((mark) => mark.text)).toEqual([
    "hall 1 left",
    "Too hot · hall 3",
    "hall 3 came online",
  ]);
  expect(marksOf(null)).toEqual([]);
});

test("the mark under the pointer is the nearest that is near enough, an alert before a change", () => {
  const stretch = { from: 0, to: 1_000_000 };
  const near = (seconds: number) => markNear(marksOf(timeline), seconds * 1000, stretch, 1000)?.text ?? null;
  expect(near(203)).toBe("hall 1 left");
  expect(near(502)).toBe("Too hot · hall 3");
  expect(near(300)).toBeNull();
});
