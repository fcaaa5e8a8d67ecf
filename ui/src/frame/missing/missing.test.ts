import { describe, expect, it } from "vitest";
import type { HubChip } from "../../bindings/HubChip";
import { fetchingText, missingBetween, percent, whenText } from "./missing";

const at = (minute: number) => new Date(Date.UTC(2026, 10, 22, 9, minute)).toISOString();
const now = Date.UTC(2026, 10, 22, 14);

function hub(isFetching: boolean): HubChip {
  return {
    hub: "3",
    name: "ops-hub",
    embedded: false,
    connection: { state: "live" },
    status: "normal",
    latencyMilliseconds: 4,
    onlineDashboards: 1,
    dashboards: 1,
    archive: null,
    missing: {
      records: 900,
      total: 1000,
      progress: 0.1,
      isFetching,
      recordsPerSecond: 100,
      secondsLeft: 90,
      spans: [
        { from: null, to: at(5), records: 400 },
        { from: at(10), to: at(30), records: 500 },
      ],
    },
  };
}

describe("what is missing", () => {
  const records = (from: number, to: number, of: string[] = []) =>
    missingBetween([hub(true)], Date.parse(at(from)), Date.parse(at(to)), of).map((span) => span.records);

  it("is told where it may lie, and only of the hubs asked for", () => {
    expect(records(0, 4)).toEqual([400]);
    expect(records(6, 9)).toEqual([]);
    expect(records(6, 10)).toEqual([500]);
    expect(records(0, 59, ["3"])).toEqual([400, 500]);
    expect(records(0, 59, ["1"])).toEqual([]);
  });

  it("says when it is from and how the fetching goes", () => {
    const spans = missingBetween([hub(true)], 0, now);
    expect(spans.map((span) => whenText(span, now))).toEqual([
      "from before 09:05:00 UTC",
      "from 09:10:00 to 09:30:00 UTC",
    ]);
    expect(fetchingText(hub(true))).toBe("fetching: 10 %, 100 a second, about 1 min 30 s left");
    expect(fetchingText(hub(false))).toBe("fetched once the hub is connected");
    expect(percent(0.9999)).toBe("99 %");
  });
});
