import type { AlertRow } from "../../../bindings/AlertRow";

/** What stands in the list: an alert, or the title of several that are told together. */
export type ListItem =
  | { kind: "group"; key: string; title: string; count: number }
  | { kind: "alert"; key: string; alert: AlertRow; inGroup: boolean };

/** Puts a title over each group of two or more open alerts. They stand together already. */
export function listItems(alerts: readonly AlertRow[]): ListItem[] {
  const items: ListItem[] = [];
  let at = 0;
  while (at < alerts.length) {
    const first = alerts[at];
    if (!first) break;
    let end = at + 1;
    while (end < alerts.length && sameGroup(first, alerts[end])) end += 1;
    const inGroup = end - at > 1;
    if (inGroup && first.group !== null)
      items.push({
        kind: "group",
        key: `group ${first.dashboard.hub} ${first.group}`,
        title: groupTitle(first.group),
        count: end - at,
      });
    for (const alert of alerts.slice(at, end))
      items.push({ kind: "alert", key: alert.alertId, alert, inGroup });
    at = end;
  }
  return items;
}

function sameGroup(one: AlertRow, other: AlertRow | undefined): boolean {
  return (
    other !== undefined &&
    one.group !== null &&
    one.group === other.group &&
    one.dashboard.hub === other.dashboard.hub &&
    one.state !== "resolved" &&
    other.state !== "resolved"
  );
}

/** The values that a group shares: `energy-01 · DATA_QUALITY` for `dashboard=energy-01 type=DATA_QUALITY`. */
export function groupTitle(group: string): string {
  return group
    .split(/ (?=[A-Za-z0-9._-]+=)/)
    .map((part) => part.slice(part.indexOf("=") + 1))
    .filter(Boolean)
    .join(" · ");
}
