import { expect, test } from "vitest";
import { instantAt, parseInstant, placeOf, stretchOf, ticksOf } from "./span";

const now = Date.parse("2026-11-22T14:07:31.000Z");
const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString());

test("the track ends now while the instant is within it, and follows it beyond", () => {
  const recent = stretchOf("hour", now - 600_000, null, now);
  expect(recent).toEqual({ from: now - 3_600_000, to: now });
  const old = stretchOf("hour", now - 10 * 3_600_000, null, now);
  expect(placeOf(now - 10 * 3_600_000, old)).toBe(0.5);
  expect(stretchOf("all", now, now - 5e9, now)).toEqual({ from: now - 5e9, to: now });
  expect(stretchOf("all", now, null, now).from).toBeLessThan(now);
});

test("places and instants are each other's inverse, and stay inside", () => {
  const stretch = stretchOf("day", now, null, now);
  for (const place of [0, 0.25, 0.5, 1])
    expect(placeOf(instantAt(place, stretch), stretch)).toBeCloseTo(place);
  expect(instantAt(7, stretch)).toBe(stretch.to);
  expect(placeOf(0, stretch)).toBe(0);
});

test("ticks are round and few", () => {
  const ticks = ticksOf(stretchOf("sixHours", now, null, now), 8);
  expect(ticks.map((tick) => tick.label)).toEqual(["09:00", "10:00", "11:00", "12:00", "13:00", "14:00"]);
  expect(ticksOf({ from: 0, to: 4e12 }, 8).length).toBeLessThan(140);
});

test.each([
  ["-2h", "2026-11-22T12:07:31.000Z"],
  ["30 min ago", "2026-11-22T13:37:31.000Z"],
  ["14:07", "2026-11-22T14:07:00.000Z"],
  ["15:00", "2026-11-21T15:00:00.000Z"],
  ["2026-11-20", "2026-11-20T00:00:00.000Z"],
  ["2026-11-20 08:30", "2026-11-20T08:30:00.000Z"],
  ["2026-11-20 08:30:05 UTC", "2026-11-20T08:30:05.000Z"],
  ["2026-11-20T08:30:05+01:00", "2026-11-20T07:30:05.000Z"],
  ["25:00", null],
  ["yesterday-ish", null],
  ["2026-13-40", null],
  ["", null],
])("%s names %s", (text, expected) => {
  expect(iso(parseInstant(text, now))).toBe(expected);
});
