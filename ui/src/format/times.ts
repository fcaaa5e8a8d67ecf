import type { Timestamp } from "../bindings/Timestamp";
import { NO_VALUE } from "./numbers";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Time of day in UTC, such as 14:07:32. */
export function formatTime(at: Timestamp | number | null | undefined): string {
  return iso(at)?.slice(11, 19) ?? NO_VALUE;
}

/** Time of day in UTC with milliseconds, such as 14:07:31.204. */
export function formatPreciseTime(at: Timestamp | number | null | undefined): string {
  return iso(at)?.slice(11, 23) ?? NO_VALUE;
}

/** Time of day, with the date before it when that is not today (both in UTC). */
export function formatMoment(at: Timestamp | number | null | undefined, now: number): string {
  const text = iso(at);
  if (!text) return NO_VALUE;
  const today = new Date(now).toISOString().slice(0, 10);
  const day = text.slice(0, 10);
  return day === today ? text.slice(11, 19) : `${day} ${text.slice(11, 19)}`;
}

/** Everything, such as 2026-11-22 14:07:31.204 UTC. */
export function formatInstant(at: Timestamp | number | null | undefined): string {
  const text = iso(at);
  return text ? `${text.slice(0, 10)} ${text.slice(11, 23)} UTC` : NO_VALUE;
}

/** How long ago, such as `4 s`, `2 min`, `3 h`, `5 d`. Never negative: clocks differ by a little. */
export function formatAge(at: Timestamp | number | null | undefined, now: number): string {
  const then = milliseconds(at);
  return then === null ? NO_VALUE : formatSpan(Math.max(0, now - then));
}

/** A span in its largest unit: `4 s`, `2 min`, `3 h`, `5 d`. */
export function formatSpan(span: number): string {
  if (span < MINUTE) return `${Math.floor(span / SECOND)} s`;
  if (span < HOUR) return `${Math.floor(span / MINUTE)} min`;
  if (span < DAY) return `${Math.floor(span / HOUR)} h`;
  return `${Math.floor(span / DAY)} d`;
}

/** How long something took: `212 ms`, `4.2 s`, `3 min 12 s`, `2 h 5 min`, `4 d 3 h`. */
export function formatDuration(span: number | null | undefined): string {
  if (typeof span !== "number" || !Number.isFinite(span)) return NO_VALUE;
  if (span < SECOND) return `${Math.round(span)} ms`;
  if (span < 10 * SECOND) return `${(span / SECOND).toFixed(1)} s`;
  if (span < MINUTE) return `${Math.floor(span / SECOND)} s`;
  if (span < HOUR) return two(span, MINUTE, "min", SECOND, "s");
  if (span < DAY) return two(span, HOUR, "h", MINUTE, "min");
  return two(span, DAY, "d", HOUR, "h");
}

/** Milliseconds since the Unix epoch; null when it is not a time. */
export function milliseconds(at: Timestamp | number | null | undefined): number | null {
  if (at === null || at === undefined) return null;
  const value = typeof at === "number" ? at : Date.parse(at);
  return Number.isFinite(value) ? value : null;
}

function two(span: number, large: number, largeName: string, small: number, smallName: string): string {
  const rest = Math.floor((span % large) / small);
  const head = `${Math.floor(span / large)} ${largeName}`;
  return rest === 0 ? head : `${head} ${rest} ${smallName}`;
}

function iso(at: Timestamp | number | null | undefined): string | null {
  const value = milliseconds(at);
  return value === null || Math.abs(value) > 8.64e15 ? null : new Date(value).toISOString();
}
