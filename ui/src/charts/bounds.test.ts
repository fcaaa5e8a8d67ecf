import { describe, expect, it } from "vitest";
import { spanWith } from "./bounds";

const bound = (value: number) => ({ value, label: "", fires: true });

describe("the axis of a chart with bounds", () => {
  it("shows a bound that no value comes near", () => {
    const [from, to] = spanWith([bound(500)], 90, 120);
    expect(from).toBe(0);
    expect(to).toBeGreaterThan(500);
  });

  it("is not squeezed where values lie far above nothing", () => {
    const [from, to] = spanWith([bound(95)], 90, 99);
    expect(from).toBeGreaterThan(80);
    expect(to).toBeGreaterThan(99);
  });

  it("is there without any value", () => {
    expect(spanWith([], null, null)).toEqual([0, 1]);
    expect(spanWith([bound(5)], null, null)[1]).toBeGreaterThan(5);
  });
});
