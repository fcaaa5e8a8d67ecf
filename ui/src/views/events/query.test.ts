import { expect, test } from "vitest";
import { hasCondition, withCondition, withinTime, withoutCondition } from "./query";

test("a condition is added once, to all of the query, and taken out again", () => {
  expect(withCondition("", "kind:event")).toBe("kind:event");
  expect(withCondition("timeout", "kind:event")).toBe("timeout kind:event");
  expect(withCondition("timeout kind:event", "kind:event")).toBe("timeout kind:event");
  expect(withCondition("a OR b", "kind:event")).toBe("(a OR b) kind:event");
  expect(withoutCondition("timeout kind:event after:-2h", "kind:event")).toBe("timeout after:-2h");
  expect(hasCondition("kind:events", "kind:event")).toBe(false);
  expect(hasCondition('type:"A B" x', 'type:"A B"')).toBe(true);
});

test("a stretch of time replaces the one before", () => {
  const narrowed = withinTime("timeout after:-2h", "2026-11-22T14:00:00Z", "2026-11-22T15:00:00Z");
  expect(narrowed).toBe("timeout after:2026-11-22T14:00:00Z before:2026-11-22T15:00:00Z");
  expect(withinTime(narrowed, "a", "b")).toBe("timeout after:a before:b");
});
