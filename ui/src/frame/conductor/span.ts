import { milliseconds } from "../../format/times";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How much of the record the track shows. */
export type Span = "hour" | "sixHours" | "day" | "week" | "all";

export const spans: ReadonlyArray<{ value: Span; label: string }> = [
  { value: "hour", label: "1 h" },
  { value: "sixHours", label: "6 h" },
  { value: "day", label: "24 h" },
  { value: "week", label: "7 d" },
  { value: "all", label: "All" },
];

const lengths: Record<Exclude<Span, "all">, number> = {
  hour: HOUR,
  sixHours: 6 * HOUR,
  day: DAY,
  week: 7 * DAY,
};

/** A stretch of time, in milliseconds since the Unix epoch. */
export interface Stretch {
  from: number;
  to: number;
}

/**
 * What the track shows. It ends now; when the instant shown lies before all of it, the instant stands in its middle.
 */
export function stretchOf(span: Span, at: number, earliest: number | null, now: number): Stretch {
  if (span === "all") return { from: Math.min(earliest ?? now - HOUR, now - MINUTE), to: now };
  const length = lengths[span];
  const to = at >= now - length ? now : Math.min(now, at + length / 2);
  return { from: to - length, to };
}

/** Where an instant lies in a stretch: 0 at its start, 1 at its end, within both. */
export function placeOf(at: number, { from, to }: Stretch): number {
  return to <= from ? 1 : Math.min(1, Math.max(0, (at - from) / (to - from)));
}

/** The instant at a place of a stretch. */
export function instantAt(place: number, { from, to }: Stretch): number {
  return Math.round(from + Math.min(1, Math.max(0, place)) * (to - from));
}

/** The stretch between two instants, whichever is first; null when it is too short to be one. */
export function between(one: number, other: number): Stretch | null {
  const [from, to] = [Math.round(Math.min(one, other)), Math.round(Math.max(one, other))];
  return to - from < 1000 ? null : { from, to };
}

const steps = [
  MINUTE,
  5 * MINUTE,
  10 * MINUTE,
  30 * MINUTE,
  HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
  2 * DAY,
  7 * DAY,
  30 * DAY,
  90 * DAY,
  365 * DAY,
];

/** Round instants to label, at most `most` of them. */
export function ticksOf({ from, to }: Stretch, most: number): { at: number; label: string }[] {
  const step = steps.find((one) => (to - from) / one <= most) ?? 365 * DAY;
  const ticks = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) {
    const text = new Date(at).toISOString();
    ticks.push({ at, label: step >= DAY || at % DAY === 0 ? text.slice(5, 10) : text.slice(11, 16) });
  }
  return ticks;
}

const units: Record<string, number> = { s: 1000, m: MINUTE, min: MINUTE, h: HOUR, d: DAY, w: 7 * DAY };

/**
 * The instant that a text names, in UTC: `2026-11-22 14:07:31`, `2026-11-22`, `14:07` (the last time it was), `-2h` and
 * `30 min ago`. Null when it names none.
 */
export function parseInstant(text: string, now: number): number | null {
  const trimmed = text.trim();
  const ago = /^-?\s*(\d+(?:\.\d+)?)\s*(s|m|min|h|d|w)(?:\s+ago)?$/i.exec(trimmed);
  if (ago?.[1] && ago[2]) return now - Number(ago[1]) * (units[ago[2].toLowerCase()] ?? 0);
  const time = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(trimmed);
  if (time) {
    const [hours, minutes, seconds] = [Number(time[1]), Number(time[2]), Number(time[3] ?? 0)];
    if (hours > 23 || minutes > 59 || seconds > 59) return null;
    const at = Math.floor(now / DAY) * DAY + hours * HOUR + minutes * MINUTE + seconds * 1000;
    return at > now ? at - DAY : at;
  }
  if (!/^\d{4}-\d{2}-\d{2}/.test(trimmed)) return null;
  const iso = trimmed.replace(/\s*UTC$/i, "").replace(" ", "T");
  return milliseconds(/(?:[zZ]|[+-]\d{2}:\d{2})$/.test(iso) || iso.length === 10 ? iso : `${iso}Z`);
}
