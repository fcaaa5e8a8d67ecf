import { renderHook } from "@testing-library/react";
import { expect, it, vi } from "vitest";
import type { FleetRow } from "./fleetRows";
import { isFirst } from "./fleetRows";
import { useScrollToCursor } from "./useScrollToCursor";

function scrolling(cursor: string | null, ready: boolean) {
  const scroll = vi.fn();
  const { rerender } = renderHook(({ cursor, ready }) => useScrollToCursor(cursor, ready, scroll), {
    initialProps: { cursor, ready },
  });
  return { scroll, rerender };
}

it("scrolls to what is selected once the list is laid out, and not again before the cursor moves", () => {
  const { scroll, rerender } = scrolling("a", false);
  expect(scroll).not.toHaveBeenCalled();
  rerender({ cursor: "a", ready: true });
  rerender({ cursor: "a", ready: true });
  expect(scroll).toHaveBeenCalledTimes(1);
  rerender({ cursor: "b", ready: true });
  expect(scroll).toHaveBeenCalledTimes(2);
});

it("does not scroll to what is selected unasked", () => {
  const { scroll, rerender } = scrolling(null, false);
  rerender({ cursor: "a", ready: true });
  expect(scroll).not.toHaveBeenCalled();
});

it("takes the first row under a title for the beginning, and no other", () => {
  const rows = ["group", "cards", "cards", "group", "cards"].map((kind) => ({ kind }) as FleetRow);
  expect(rows.map((_, row) => isFirst(rows, row))).toEqual([true, true, false, false, false]);
  expect(isFirst(rows, -1)).toBe(false);
});
