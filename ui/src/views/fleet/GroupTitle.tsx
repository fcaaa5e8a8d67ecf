import type { FleetGroup } from "../../bindings/FleetGroup";
import { StatusIcon } from "../../components/StatusIcon";
import { Text } from "../../components/Text";

export function GroupTitle({ group }: { group: FleetGroup }) {
  const wrong = group.worst === "critical" || group.worst === "serious";
  return (
    <div className="flex h-9 items-end gap-2 pb-2" data-testid={`group-${group.key}`}>
      <Text value={group.title} className="caps" />
      <span className="text-fg-3 leading-4">{group.cards.length}</span>
      {wrong && <StatusIcon status={group.worst} size={10} label="" className="mb-[3px]" />}
      <span className="mb-2 h-px flex-1 bg-line" />
    </div>
  );
}
