import { create } from "zustand";
import { persist } from "zustand/middleware";
import type { FleetColumn } from "../../bindings/FleetColumn";
import type { FleetGrouping } from "../../bindings/FleetGrouping";
import type { FleetSort } from "../../bindings/FleetSort";
import { nothingSelected, type Selection } from "./selection";

export type FleetLayout = "cards" | "table";

interface FleetState {
  filter: string;
  grouping: FleetGrouping;
  sort: FleetSort;
  layout: FleetLayout;
  selection: Selection;
  setFilter: (filter: string) => void;
  setGrouping: (grouping: FleetGrouping) => void;
  setSort: (sort: FleetSort) => void;
  setLayout: (layout: FleetLayout) => void;
  setSelection: (selection: Selection) => void;
}

type Remembered = Pick<FleetState, "grouping" | "sort" | "layout">;

const groupings: Record<FleetGrouping, true> = { useCase: true, state: true, hub: true, none: true };
const layouts: Record<FleetLayout, true> = { cards: true, table: true };
const columns: Record<FleetColumn, true> = {
  name: true,
  status: true,
  state: true,
  useCase: true,
  responseTime: true,
  errorRate: true,
  throughput: true,
  recordCount: true,
  connectedUsers: true,
  dataQuality: true,
  openAlerts: true,
  lastHeard: true,
};

/** How the operator looks at the fleet; kept while another view is shown. All but filter and selection outlasts the
 * program. */
export const useFleetStore = create<FleetState>()(
  persist(
    (set) => ({
      filter: "",
      grouping: "useCase",
      sort: { by: "name", descending: false },
      layout: "cards",
      selection: nothingSelected,
      setFilter: (filter) => set({ filter }),
      setGrouping: (grouping) => set({ grouping }),
      setSort: (sort) => set({ sort }),
      setLayout: (layout) => set({ layout }),
      setSelection: (selection) => set({ selection }),
    }),
    {
      name: "mission-control.fleet",
      partialize: ({ grouping, sort, layout }): Remembered => ({ grouping, sort, layout }),
      merge: (stored, current) => ({ ...current, ...understood(stored) }),
    },
  ),
);

/** What of a stored state this version understands; another one may have written it. */
function understood(stored: unknown): Partial<Remembered> {
  if (typeof stored !== "object" || stored === null) return {};
  const { grouping, sort, layout } = stored as Partial<Remembered>;
  return {
    ...(isOneOf(groupings, grouping) && { grouping }),
    ...(isOneOf(layouts, layout) && { layout }),
    ...(sort && isOneOf(columns, sort.by) && { sort: { by: sort.by, descending: sort.descending === true } }),
  };
}

function isOneOf(names: Record<string, true>, value: unknown): boolean {
  return typeof value === "string" && Object.hasOwn(names, value);
}

/** The sort after a click on a column: names rise first, numbers and states fall first; a second click turns it round. */
export function sortAfterClick(sort: FleetSort, by: FleetColumn): FleetSort {
  if (sort.by === by) return { by, descending: !sort.descending };
  return { by, descending: by !== "name" && by !== "useCase" };
}
