import { type MouseEvent, memo } from "react";
import type { DashboardCard } from "../../bindings/DashboardCard";
import { FreshnessText } from "../../components/Moment";
import { StatusIcon } from "../../components/StatusIcon";
import { Text } from "../../components/Text";
import { formatCompact, formatCount, formatDecimal } from "../../format/numbers";
import { keyText } from "../../navigation/route";
import { Sparkline } from "./Sparkline";
import { stateText } from "./stateText";

interface FleetCardProps {
  card: DashboardCard;
  selected: boolean;
  current: boolean;
  onClick: (key: string, event: MouseEvent) => void;
  onOpen: (card: DashboardCard) => void;
}

/** One dashboard at a glance. */
export const FleetCard = memo(function FleetCard({
  card,
  selected,
  current,
  onClick,
  onOpen,
}: FleetCardProps) {
  const key = keyText(card.dashboard);
  const live = card.freshness.kind === "live";
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list it stands in handles the keyboard
    <div
      role="option"
      id={`option-${key}`}
      aria-selected={selected}
      data-testid={`card-${card.dashboard.dashboardId}`}
      data-status={card.status}
      data-freshness={card.freshness.kind}
      data-current={current || undefined}
      onClick={(event) => onClick(key, event)}
      onDoubleClick={() => onOpen(card)}
      className={`grid h-[122px] cursor-default grid-cols-[minmax(0,1fr)] content-between rounded-md border border-line bg-surface px-3 pt-2.5 pb-2 select-none aria-selected:border-accent aria-selected:shadow-[0_0_0_1px_var(--accent)] not-aria-selected:hover:border-line-strong ${card.status === "critical" && !selected ? "border-l-2 border-l-critical pl-[11px]" : ""}`}
    >
      <div className="flex items-center gap-2 font-[560]">
        <StatusIcon status={card.status} />
        <Text value={card.name} className="truncate" titled />
        {card.openAlerts > 0 && (
          <span
            className="ml-auto flex flex-none items-center gap-1 rounded-sm bg-raised px-1 font-normal text-fg-2 text-xs"
            title={card.openAlerts === 1 ? "1 open alert" : `${card.openAlerts} open alerts`}
          >
            <AlertOutline />
            {card.openAlerts}
          </span>
        )}
        <span className={`flex-none font-normal text-fg-2 text-sm ${card.openAlerts > 0 ? "" : "ml-auto"}`}>
          {stateText(card)}
        </span>
      </div>
      <div className={live ? "" : "opacity-60"}>
        <Sparkline values={card.responseTimes} status={card.status} label={`Response time of ${card.name}`} />
      </div>
      <dl
        className={`grid grid-cols-[repeat(3,auto)] justify-between gap-2 leading-4 ${live ? "" : "text-fg-2"}`}
      >
        <Figure name="Response time" value={formatCompact(card.responseTime)} unit="ms" />
        <Figure name="Errors" value={formatDecimal(card.errorRate)} unit="% err" />
        <Figure name="Throughput" value={formatCompact(card.throughput)} unit="/s" />
      </dl>
      <div className="flex gap-2.5 border-t border-line pt-1.5 text-fg-3 text-xs">
        {/* What has no room falls to a second line, which is not seen. */}
        <span className="flex h-4 min-w-0 flex-1 flex-wrap gap-x-2.5 overflow-hidden">
          <span>{formatCount(card.recordCount)} rec</span>
          <span>
            {formatCount(card.connectedUsers)} {card.connectedUsers === 1 ? "user" : "users"}
          </span>
        </span>
        <FreshnessText freshness={card.freshness} className={`ml-auto ${live ? "" : "text-fg-2"}`} />
      </div>
    </div>
  );
});

function AlertOutline() {
  return (
    <svg
      viewBox="0 0 12 12"
      width="10"
      height="10"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.2"
      aria-hidden="true"
    >
      <path d="M6 1.4 11 10.4H1z" />
    </svg>
  );
}

function Figure({ name, value, unit }: { name: string; value: string; unit: string }) {
  return (
    <div className="truncate">
      <dt className="sr-only">{name}</dt>
      <dd>
        <b className="font-[560] text-[14px]">{value}</b>
        <small className="ml-px text-fg-3 text-xs">{unit}</small>
      </dd>
    </div>
  );
}
