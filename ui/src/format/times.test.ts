import { describe, expect, it } from "vitest";
import {
  formatAge,
  formatDuration,
  formatInstant,
  formatMoment,
  formatPreciseTime,
  formatTime,
} from "./times";

const now = Date.parse("2026-11-22T14:07:32.000Z");

describe("times", () => {
  it("are shown in UTC, with the date when it is another day", () => {
    expect(formatTime("2026-11-22T15:07:31.204+01:00")).toBe("14:07:31");
    expect(formatPreciseTime("2026-11-22T14:07:31.204Z")).toBe("14:07:31.204");
    expect(formatMoment("2026-11-22T14:07:31Z", now)).toBe("14:07:31");
    expect(formatMoment("2026-11-21T23:59:59Z", now)).toBe("2026-11-21 23:59:59");
    expect(formatInstant("2026-11-22T14:07:31.204Z")).toBe("2026-11-22 14:07:31.204 UTC");
  });

  it.each([
    ["2026-11-22T14:07:28Z", "4 s"],
    ["2026-11-22T14:05:00Z", "2 min"],
    ["2026-11-22T10:07:00Z", "4 h"],
    ["2026-11-17T10:07:00Z", "5 d"],
    // A producer's clock may be ahead.
    ["2026-11-22T14:07:40Z", "0 s"],
  ])("age of %s is %s", (at, expected) => {
    expect(formatAge(at, now)).toBe(expected);
  });

  it.each([
    [212, "212 ms"],
    [4200, "4.2 s"],
    [59_999, "59 s"],
    [192_000, "3 min 12 s"],
    [7_500_000, "2 h 5 min"],
    [356_400_000, "4 d 3 h"],
    [null, "–"],
  ])("%s ms took %s", (span, expected) => {
    expect(formatDuration(span)).toBe(expected);
  });

  it("does not fall over a text that is no time", () => {
    expect(formatTime("yesterday")).toBe("–");
    expect(formatAge("", now)).toBe("–");
  });
});
