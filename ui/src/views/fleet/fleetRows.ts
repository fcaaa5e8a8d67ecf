import type { DashboardCard } from "../../bindings/DashboardCard";
import type { FleetGroup } from "../../bindings/FleetGroup";

export type FleetRow =
  | { kind: "group"; key: string; group: FleetGroup }
  | { kind: "cards"; key: string; cards: DashboardCard[] };

/** The groups as rows of at most `columns` dashboards, each group under its title. A lone group without one has none. */
export function fleetRows(groups: FleetGroup[], columns: number): FleetRow[] {
  const rows: FleetRow[] = [];
  for (const group of groups) {
    if (group.title !== "") rows.push({ kind: "group", key: `group ${group.key}`, group });
    for (let start = 0; start < group.cards.length; start += columns) {
      rows.push({
        kind: "cards",
        key: `${group.key} ${start}`,
        cards: group.cards.slice(start, start + columns),
      });
    }
  }
  return rows;
}

/** Whether nothing but a title stands before the row. */
export function isFirst(rows: FleetRow[], row: number): boolean {
  return row >= 0 && rows.slice(0, row).every(({ kind }) => kind === "group");
}
