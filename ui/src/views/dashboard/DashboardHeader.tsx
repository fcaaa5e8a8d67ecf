import type { DashboardCard } from "../../bindings/DashboardCard";
import { Button } from "../../components/Button";
import { FreshnessText } from "../../components/Moment";
import { StatusIcon } from "../../components/StatusIcon";
import { Text } from "../../components/Text";
import { navigate } from "../../navigation/useRoute";
import { stateText } from "../fleet/stateText";

interface DashboardHeaderProps {
  card: DashboardCard;
  commandsDisabled: string | null;
}

export function DashboardHeader({ card, commandsDisabled }: DashboardHeaderProps) {
  const facts = [card.useCase, card.owner, card.environment, card.hubName].filter(
    (fact) => fact !== null && fact !== "",
  );
  return (
    <div
      className="flex min-w-0 items-center gap-3 px-5 pt-3.5"
      data-testid="dashboard-header"
      data-status={card.status}
    >
      <a
        href="#/fleet"
        className="grid size-7 flex-none place-items-center rounded-md text-fg-3 hover:bg-raised hover:text-fg"
      >
        <svg
          viewBox="0 0 12 12"
          width="12"
          height="12"
          aria-hidden="true"
          fill="none"
          stroke="currentColor"
          strokeWidth="1.6"
        >
          <path d="M7.5 1.5 3 6l4.5 4.5" />
        </svg>
        <span className="sr-only">Back to the fleet</span>
      </a>
      <StatusIcon status={card.status} size={14} />
      <h1 className="min-w-0 max-w-[40%] truncate text-xl font-[620] tracking-[-.015em]">
        <Text value={card.name} titled />
      </h1>
      <span className="flex-none rounded-sm bg-raised px-1.5 text-fg-2" data-testid="dashboard-state">
        {stateText(card)}
      </span>
      <Text
        value={card.dashboard.dashboardId}
        className="max-w-40 flex-none truncate font-mono text-fg-3 text-sm"
        titled
      />
      <span className="min-w-0 flex-1 truncate text-fg-2">
        {facts.map((fact, index) => (
          <span key={fact}>
            {index > 0 && " · "}
            <Text value={fact ?? ""} />
          </span>
        ))}
      </span>
      <FreshnessText freshness={card.freshness} className="flex-none text-fg-2" />
      <Button
        variant="primary"
        testId="dashboard-send-command"
        disabledReason={commandsDisabled}
        onClick={() => navigate({ view: "dashboard", dashboard: card.dashboard, section: "commands" })}
      >
        Send a command
      </Button>
    </div>
  );
}
