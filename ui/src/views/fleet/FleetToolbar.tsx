import type { ReactNode } from "react";
import type { FleetColumn } from "../../bindings/FleetColumn";
import { FilterBox } from "../../components/FilterBox";
import { Segmented } from "../../components/Segmented";
import { Select } from "../../components/Select";
import { Tooltip } from "../../components/Tooltip";
import { useFleetStore } from "./fleetStore";

const groupings = [
  { value: "useCase", label: "use case" },
  { value: "state", label: "state" },
  { value: "hub", label: "hub" },
  { value: "none", label: "none" },
] as const;

const sorts: ReadonlyArray<{ value: FleetColumn; label: string }> = [
  { value: "name", label: "name" },
  { value: "status", label: "status" },
  { value: "state", label: "state" },
  { value: "useCase", label: "use case" },
  { value: "responseTime", label: "response time" },
  { value: "errorRate", label: "error rate" },
  { value: "throughput", label: "throughput" },
  { value: "recordCount", label: "records" },
  { value: "connectedUsers", label: "users" },
  { value: "dataQuality", label: "data quality" },
  { value: "openAlerts", label: "alerts" },
  { value: "lastHeard", label: "last heard" },
];

const layouts = [
  { value: "cards", label: "Cards" },
  { value: "table", label: "Table" },
] as const;

/** Title of the fleet, and how it is filtered, grouped, sorted and laid out. */
export function FleetToolbar({ heading }: { heading: ReactNode }) {
  const { filter, grouping, sort, layout, setFilter, setGrouping, setSort, setLayout } = useFleetStore();
  return (
    <div className="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-2 px-5 pt-4 pb-2">
      <h1 className="text-xl font-[620] tracking-[-.015em]">Fleet</h1>
      {heading}
      <div className="flex min-w-0 flex-1 basis-[600px] flex-wrap items-center gap-2">
        <FilterBox
          value={filter}
          placeholder="Filter: use case, state, owner, id"
          onChange={setFilter}
          testId="fleet-filter"
        />
        <Select
          label="Group by"
          prefix="Group"
          value={grouping}
          options={groupings}
          onChange={setGrouping}
          testId="fleet-grouping"
        />
        <div className="flex flex-none">
          <Select
            label="Sort by"
            prefix="Sort"
            value={sort.by}
            options={sorts}
            onChange={(by) => setSort({ ...sort, by })}
            testId="fleet-sort"
            className="rounded-r-none"
          />
          <Tooltip text={sort.descending ? "Largest first" : "Smallest first"}>
            <button
              type="button"
              data-testid="fleet-sort-direction"
              aria-label={sort.descending ? "Largest first; turn round" : "Smallest first; turn round"}
              onClick={() => setSort({ ...sort, descending: !sort.descending })}
              className="h-[30px] w-7 rounded-r-md border border-line-strong border-l-0 bg-surface text-fg-2 hover:text-fg"
            >
              {sort.descending ? "↓" : "↑"}
            </button>
          </Tooltip>
        </div>
        <Segmented
          label="Layout"
          value={layout}
          options={layouts}
          onChange={setLayout}
          testId="fleet-layout"
        />
      </div>
    </div>
  );
}
