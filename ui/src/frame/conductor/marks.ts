import type { Status } from "../../bindings/Status";
import type { Timeline } from "../../bindings/Timeline";
import { plainLine } from "../../format/plainText";
import { milliseconds } from "../../format/times";
import type { Stretch } from "./span";

/** Something on the track that one can step to. */
export interface Mark {
  at: number;
  kind: "alert" | "change";
  status: Status;
  /** What happened, to whom. */
  text: string;
}

/** Alerts and changes of state, oldest first. */
export function marksOf(timeline: Timeline | null): Mark[] {
  if (!timeline) return [];
  const alerts = timeline.alerts.map(
    (alert): Mark => ({
      at: milliseconds(alert.at) ?? 0,
      kind: "alert",
      status: alert.status,
      text: `${plainLine(alert.title)} · ${plainLine(alert.dashboardName)}`,
    }),
  );
  const changes = timeline.changes.map(
    (change): Mark => ({
      at: milliseconds(change.at) ?? 0,
      kind: "change",
      status: change.status,
      text: `${plainLine(change.dashboardName)} ${change.title}`,
    }),
  );
  return [...alerts, ...changes].sort((left, right) => left.at - right.at);
}

/** The mark under the pointer: of those that are near enough the nearest, an alert before a change. */
export function markNear(marks: readonly Mark[], at: number, stretch: Stretch, width: number): Mark | null {
  const near = ((stretch.to - stretch.from) / Math.max(1, width)) * 5;
  let found: Mark | null = null;
  for (const mark of marks) {
    const distance = Math.abs(mark.at - at);
    if (distance > near) continue;
    const isBetter =
      found === null ||
      (mark.kind === found.kind ? distance < Math.abs(found.at - at) : mark.kind === "alert");
    if (isBetter) found = mark;
  }
  return found;
}
