import { useMemo, useState } from "react";
import type { CommandTarget } from "../../bindings/CommandTarget";
import type { DashboardKey } from "../../bindings/DashboardKey";
import { EmptyState } from "../../components/EmptyState";
import { FilterBox } from "../../components/FilterBox";
import { StatusIcon } from "../../components/StatusIcon";
import { Text } from "../../components/Text";
import { plainLine } from "../../format/plainText";
import { keyText } from "../../navigation/route";

interface TargetPickerProps {
  targets: CommandTarget[];
  chosen: DashboardKey[];
  onChange: (chosen: DashboardKey[]) => void;
}

/** Chooses the dashboards a command goes to: a click takes one, its box adds one. */
export function TargetPicker({ targets, chosen, onChange }: TargetPickerProps) {
  const [filter, setFilter] = useState("");
  const keys = useMemo(() => new Set(chosen.map(keyText)), [chosen]);
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = targets.filter((target) => {
    const text = `${target.name} ${target.useCase} ${target.dashboard.dashboardId}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const toggle = (target: CommandTarget) => {
    const key = keyText(target.dashboard);
    onChange(keys.has(key) ? chosen.filter((one) => keyText(one) !== key) : [...chosen, target.dashboard]);
  };

  return (
    <div className="flex min-h-0 flex-col border-r border-line" data-testid="target-picker">
      <div className="flex flex-none p-2">
        <FilterBox
          value={filter}
          placeholder="Filter dashboards"
          onChange={setFilter}
          testId="target-filter"
        />
      </div>
      {shown.length === 0 && (
        <EmptyState title={targets.length === 0 ? "No dashboard" : "None of this name"} small />
      )}
      <ul aria-label="Dashboards" className="min-h-0 flex-1 overflow-y-auto px-2 pb-2">
        {shown.map((target) => {
          const key = keyText(target.dashboard);
          const on = keys.has(key);
          return (
            <li
              key={key}
              title={target.disabled ?? undefined}
              className={`flex h-7 items-center gap-2 rounded-md px-2 hover:bg-raised ${on ? "bg-accent-quiet" : ""} ${target.disabled ? "text-fg-3" : ""}`}
            >
              <input
                type="checkbox"
                aria-label={`Send to ${plainLine(target.name)}`}
                data-testid={`target-box-${target.dashboard.dashboardId}`}
                checked={on}
                onChange={() => toggle(target)}
                className="check"
              />
              <button
                type="button"
                data-testid={`target-${target.dashboard.dashboardId}`}
                onClick={(event) =>
                  event.ctrlKey || event.metaKey || event.shiftKey
                    ? toggle(target)
                    : onChange([target.dashboard])
                }
                className="flex min-w-0 flex-1 items-center gap-2 text-left"
              >
                <StatusIcon status={target.status} size={10} />
                <Text value={target.name} className="truncate" titled />
              </button>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
