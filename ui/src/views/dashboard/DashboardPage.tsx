import { useState } from "react";
import type { ChartRange } from "../../bindings/ChartRange";
import type { DashboardKey } from "../../bindings/DashboardKey";
import type { DashboardView } from "../../bindings/DashboardView";
import { Button } from "../../components/Button";
import { EmptyState, FailedState, LoadingState } from "../../components/EmptyState";
import { Notice } from "../../components/Notice";
import { Segmented } from "../../components/Segmented";
import { formatDuration } from "../../format/times";
import { useShortcuts } from "../../keyboard/useShortcuts";
import { keyText, type Section, sections } from "../../navigation/route";
import { navigate } from "../../navigation/useRoute";
import { useView } from "../../platform/useView";
import { AlertsSection } from "./AlertsSection";
import { CommandsSection } from "./CommandsSection";
import { ConfigurationSection } from "./ConfigurationSection";
import { DashboardHeader } from "./DashboardHeader";
import { EventList } from "./EventList";
import { MetricSection } from "./MetricSection";
import { OverviewSection } from "./OverviewSection";
import { SectionTabs } from "./SectionTabs";

const ranges: ReadonlyArray<{ value: ChartRange; label: string }> = [
  { value: "fiveMinutes", label: "5 min" },
  { value: "halfHour", label: "30 min" },
  { value: "sixHours", label: "6 h" },
  { value: "day", label: "24 h" },
  { value: "week", label: "7 d" },
  { value: "month", label: "30 d" },
  { value: "year", label: "1 y" },
];

const charted: ReadonlySet<Section> = new Set(["overview", "data", "workflows", "agents"]);

interface DashboardPageProps {
  dashboard: DashboardKey;
  section: Section;
}

export function DashboardPage({ dashboard, section }: DashboardPageProps) {
  const [range, setRange] = useState<ChartRange>("halfHour");
  const { model, error } = useView<"dashboard">({ view: "dashboard", dashboard, range });
  const go = (next: Section) => navigate({ view: "dashboard", dashboard, section: next });
  const step = (steps: number) => {
    const next = sections[(sections.indexOf(section) + steps + sections.length) % sections.length];
    if (next) go(next);
  };
  useShortcuts({
    "[": () => step(-1),
    "]": () => step(1),
    c: () => go("commands"),
    Backspace: () => navigate({ view: "fleet" }),
  });

  if (!model) {
    return (
      <main className="flex min-h-0 flex-1 flex-col px-5">
        {error ? <FailedState what="this dashboard" error={error} /> : <LoadingState what="the dashboard" />}
      </main>
    );
  }
  if (!model.card) {
    return (
      <main className="flex min-h-0 flex-1 flex-col">
        <EmptyState title="No such dashboard" testId="dashboard-unknown">
          <p>
            Nothing is known of <bdi className="font-mono text-sm">{dashboard.dashboardId}</bdi> on this hub.
            Its hub may have been removed, or its records may not have arrived yet.
          </p>
          <Button onClick={() => navigate({ view: "fleet" })}>Back to the fleet</Button>
        </EmptyState>
      </main>
    );
  }
  const open = model.alerts.filter((alert) => alert.state !== "resolved").length;
  const running = model.commands.filter((command) => !command.isFinal).length;
  return (
    <main className="flex min-h-0 flex-1 flex-col" data-testid="dashboard-page">
      <DashboardHeader card={model.card} commandsDisabled={model.commandsDisabled} />
      <div className="flex min-w-0 items-center justify-between gap-4 border-b border-line px-5 pt-1.5">
        <SectionTabs dashboard={dashboard} section={section} counts={{ alerts: open, commands: running }} />
        <div className={charted.has(section) ? "pb-1.5" : "invisible"}>
          <Segmented
            label="Span of the charts"
            value={range}
            options={ranges}
            onChange={setRange}
            testId="chart-range"
          />
        </div>
      </div>
      {model.clockSkewMilliseconds !== null && (
        <Notice status="caution" testId="clock-skew" className="mx-5 mt-3">
          Its clock is {formatDuration(Math.abs(model.clockSkewMilliseconds))}{" "}
          {model.clockSkewMilliseconds > 0 ? "ahead of" : "behind"} the hub's. Times shown are the hub's.
        </Notice>
      )}
      <SectionContent key={keyText(dashboard)} section={section} dashboard={dashboard} view={model} />
    </main>
  );
}

function SectionContent({ section, dashboard, view }: DashboardPageProps & { view: DashboardView }) {
  switch (section) {
    case "overview":
      return <OverviewSection dashboard={dashboard} view={view} />;
    case "data":
    case "workflows":
    case "agents":
      return <MetricSection key={section} section={section} dashboard={dashboard} view={view} />;
    case "events":
      return <EventList dashboard={dashboard} pushed={view.events} />;
    case "alerts":
      return <AlertsSection alerts={view.alerts} />;
    case "commands":
      return <CommandsSection dashboard={dashboard} view={view} />;
    case "configuration":
      return <ConfigurationSection dashboard={dashboard} view={view} />;
  }
}
