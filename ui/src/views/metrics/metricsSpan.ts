import type { Stretch } from "../../frame/conductor/span";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** How much time the charts show. */
export type MetricsSpan = "hour" | "sixHours" | "day" | "week" | "month" | "year";

export const metricsSpans: ReadonlyArray<{ value: MetricsSpan; label: string }> = [
  { value: "hour", label: "1 h" },
  { value: "sixHours", label: "6 h" },
  { value: "day", label: "24 h" },
  { value: "week", label: "7 d" },
  { value: "month", label: "30 d" },
  { value: "year", label: "1 y" },
];

const lengths: Record<MetricsSpan, number> = {
  hour: HOUR,
  sixHours: 6 * HOUR,
  day: DAY,
  week: 7 * DAY,
  month: 30 * DAY,
  year: 365 * DAY,
};

/** The stretch of a span that ends at `now`, moved on in whole steps of about a pixel: so that it is not read anew for less. */
export function stretchOf(span: MetricsSpan, now: number): Stretch {
  const step = Math.max(5_000, lengths[span] / 720);
  const to = Math.ceil(now / step) * step;
  return { from: to - lengths[span], to };
}
