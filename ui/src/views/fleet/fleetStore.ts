import { create } from "zustand";
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

/** How the operator looks at the fleet; kept while another view is shown. */
export const useFleetStore = create<FleetState>((set) => ({
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
}));

/** The sort after a click on a column: names rise first, numbers and states fall first; a second click turns it round. */
export function sortAfterClick(sort: FleetSort, by: FleetColumn): FleetSort {
  if (sort.by === by) return { by, descending: !sort.descending };
  return { by, descending: by !== "name" && by !== "useCase" };
}
