import { describe, expect, it } from "vitest";
import { formatBytes, formatCompact, formatCount, formatDecimal, formatUnit, NO_VALUE } from "./numbers";

describe("numbers", () => {
  it.each([
    [formatCount(1204118), "1,204,118"],
    [formatDecimal(2.14), "2.1"],
    [formatCompact(254.4), "254"],
    [formatCompact(0.41), "0.4"],
    [formatBytes(0), "0 B"],
    [formatBytes(3_435_973_837), "3.2 GiB"],
    [formatUnit(412, "ms"), "412 ms"],
    [formatUnit(5_400_000, "ms"), "90 min"],
    [formatUnit(1536, "B/s"), "1.5 KiB/s"],
    [formatUnit(7, ""), "7"],
    [formatUnit(1.483, "%"), "1.48 %"],
  ])("%s", (shown, expected) => {
    expect(shown).toBe(expected);
  });

  it("shows a dash where there is no number", () => {
    for (const shown of [
      formatCount(null),
      formatDecimal(undefined),
      formatBytes(Number.NaN),
      formatUnit(null, "ms"),
    ])
      expect(shown).toBe(NO_VALUE);
  });
});
