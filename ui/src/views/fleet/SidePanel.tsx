import { useMemo } from "react";
import type { Chart } from "../../bindings/Chart";
import type { DashboardCard } from "../../bindings/DashboardCard";
import type { DashboardView } from "../../bindings/DashboardView";
import { Button } from "../../components/Button";
import { EmptyState } from "../../components/EmptyState";
import { FreshnessText, Moment } from "../../components/Moment";
import { StatusIcon } from "../../components/StatusIcon";
import { Text } from "../../components/Text";
import { Tooltip } from "../../components/Tooltip";
import { formatCompact, formatCount, formatDecimal, formatUnit, NO_VALUE } from "../../format/numbers";
import { plainLine } from "../../format/plainText";
import { formatRoute, keyText } from "../../navigation/route";
import { navigate } from "../../navigation/useRoute";
import { useView } from "../../platform/useView";
import { AlertCard } from "../alerts/AlertCard";
import { CommandLine } from "../commands/CommandLine";
import { PanelChart } from "./PanelChart";
import { stateText } from "./stateText";

interface SidePanelProps {
  selected: DashboardCard[];
  onOpenPalette: () => void;
}

/** What is selected in the fleet, at arm's length. */
export function SidePanel({ selected, onOpenPalette }: SidePanelProps) {
  const only = selected.length === 1 ? selected[0] : undefined;
  const { model } = useView<"dashboard">(
    only ? { view: "dashboard", dashboard: only.dashboard, range: "halfHour" } : null,
  );
  return (
    <aside
      aria-label="Selected"
      data-testid="side-panel"
      className="flex min-h-0 flex-col gap-4 overflow-y-auto border-l border-line bg-surface px-4 py-3.5"
    >
      {only ? (
        <One card={only} view={model} onOpenPalette={onOpenPalette} />
      ) : selected.length > 1 ? (
        <Several cards={selected} />
      ) : (
        <EmptyState title="Nothing selected" small>
          <p>What is selected in the fleet is shown here.</p>
        </EmptyState>
      )}
    </aside>
  );
}

function One({
  card,
  view,
  onOpenPalette,
}: {
  card: DashboardCard;
  view: DashboardView | null;
  onOpenPalette: () => void;
}) {
  const open = view?.alerts.filter((alert) => alert.state !== "resolved") ?? [];
  const chart = useMemo(() => mainChart(view), [view]);
  return (
    <>
      <div>
        <div className="flex items-center justify-between">
          <h2 className="caps">Selected</h2>
          <FreshnessText freshness={card.freshness} className="text-fg-3 text-xs" />
        </div>
        <div className="mt-1 flex items-center gap-2">
          <StatusIcon status={card.status} />
          <a
            href={formatRoute({ view: "dashboard", dashboard: card.dashboard, section: "overview" })}
            data-testid="open-dashboard"
            className="min-w-0 truncate font-semibold text-lg hover:underline"
          >
            <Text value={card.name} titled />
          </a>
          <Text
            value={card.dashboard.dashboardId}
            className="ml-auto max-w-32 flex-none truncate font-mono text-fg-3 text-sm"
            titled
          />
        </div>
      </div>
      {open.slice(0, 2).map((alert) => (
        <AlertCard key={alert.alertId} alert={alert} />
      ))}
      {open.length > 2 && (
        <a
          href={formatRoute({ view: "dashboard", dashboard: card.dashboard, section: "alerts" })}
          className="-mt-2 text-fg-2 text-sm hover:text-fg hover:underline"
        >
          {open.length - 2} more open {open.length === 3 ? "alert" : "alerts"}
        </a>
      )}
      {chart && (
        <div>
          <div className="flex items-center justify-between pb-1">
            <h3 className="caps">{chart.title}</h3>
            <span className="text-fg-2 text-sm">
              {formatUnit(chart.series[0]?.latest, chart.unit)} <span className="text-fg-3">· 30 min</span>
            </span>
          </div>
          <PanelChart chart={chart} live={card.freshness.kind === "live"} />
        </div>
      )}
      <dl className="facts">
        <Fact name="State" value={stateText(card)} />
        <Fact name="Records" value={formatCount(card.recordCount)} />
        <dt>Last ingested</dt>
        <dd>{card.lastIngested ? <Moment at={card.lastIngested} /> : NO_VALUE}</dd>
        <Fact name="Active tab" value={card.activeTab ?? NO_VALUE} />
        <Fact name="Connected users" value={formatCount(card.connectedUsers)} />
        <Fact
          name="Data quality"
          value={card.dataQuality === null ? NO_VALUE : `${formatDecimal(card.dataQuality)} %`}
        />
        <Fact
          name="Error rate"
          value={card.errorRate === null ? NO_VALUE : `${formatDecimal(card.errorRate)} %`}
        />
        <Fact
          name="Throughput"
          value={card.throughput === null ? NO_VALUE : `${formatCompact(card.throughput)} /s`}
        />
        <Fact name="Owner" value={card.owner ?? NO_VALUE} />
        <Fact name="Hub" value={card.hubName} />
      </dl>
      <CommandShortcuts card={card} view={view} onOpenPalette={onOpenPalette} />
    </>
  );
}

/** The chart the panel has room for: the answer of the interface behind the dashboard, else its own. */
function mainChart(view: DashboardView | null): Chart | undefined {
  const charts = view?.charts.flatMap((group) => group.charts) ?? [];
  return (
    charts.find((chart) => chart.key === "performance.apiResponseTime") ??
    charts.find((chart) => chart.key === "status.responseTime") ??
    charts[0]
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>
        <bdi>{plainLine(value)}</bdi>
      </dd>
    </>
  );
}

function CommandShortcuts({
  card,
  view,
  onOpenPalette,
}: {
  card: DashboardCard;
  view: DashboardView | null;
  onOpenPalette: () => void;
}) {
  const first = ["INGEST_DATA", "REFRESH_DATA"].flatMap(
    (type) => view?.accepts.find((declared) => declared.type === type) ?? [],
  );
  const disabled = view?.commandsDisabled ?? null;
  return (
    <div>
      <h3 className="caps pb-1.5">Command</h3>
      <Tooltip text={disabled}>
        <button
          type="button"
          data-testid="open-palette"
          aria-disabled={disabled !== null || undefined}
          onClick={() => disabled === null && onOpenPalette()}
          className="field flex items-center justify-between text-left text-fg-3 aria-disabled:cursor-not-allowed aria-disabled:opacity-50"
        >
          Send a command…
          <kbd className="kbd">Ctrl K</kbd>
        </button>
      </Tooltip>
      <div className="mt-2 flex flex-wrap gap-1.5">
        {first.map((declared) => (
          <Button
            key={declared.type}
            testId={`shortcut-${declared.type}`}
            disabledReason={disabled}
            hint={declared.description}
            onClick={() =>
              navigate({ view: "commands", targets: [card.dashboard], type: declared.type, commandId: null })
            }
          >
            {plainLine(declared.title)}
          </Button>
        ))}
      </div>
      <div className="mt-3 grid gap-2">
        {view?.commands.slice(0, 4).map((command) => (
          <CommandLine key={command.commandId} command={command} />
        ))}
      </div>
    </div>
  );
}

function Several({ cards }: { cards: DashboardCard[] }) {
  return (
    <>
      <div>
        <h2 className="caps">Selected</h2>
        <p className="mt-1 font-semibold text-lg" data-testid="selected-count">
          {cards.length} dashboards
        </p>
      </div>
      <Button
        variant="primary"
        testId="command-selected"
        onClick={() =>
          navigate({
            view: "commands",
            targets: cards.map((card) => card.dashboard),
            type: null,
            commandId: null,
          })
        }
      >
        Send a command to all {cards.length}
      </Button>
      <ul className="grid gap-0.5">
        {cards.map((card) => (
          <li key={keyText(card.dashboard)} className="flex h-7 items-center gap-2 border-b border-line">
            <StatusIcon status={card.status} />
            <a
              href={formatRoute({ view: "dashboard", dashboard: card.dashboard, section: "overview" })}
              className="truncate hover:underline"
            >
              <Text value={card.name} titled />
            </a>
            <span className="ml-auto flex-none text-fg-2 text-sm">{stateText(card)}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
