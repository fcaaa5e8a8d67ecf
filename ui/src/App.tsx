import { useEffect, useState } from "react";
import type { ConductorView } from "./bindings/ConductorView";
import type { FrameView } from "./bindings/FrameView";
import { Notice } from "./components/Notice";
import { TooltipProvider } from "./components/Tooltip";
import { holdClock, setClock } from "./format/useNow";
import { ConnectionBanner } from "./frame/ConnectionBanner";
import { ConductorBar } from "./frame/conductor/ConductorBar";
import { ConductorProvider } from "./frame/conductor/useConductor";
import { MissingProvider } from "./frame/missing/useMissing";
import { NavigationRail } from "./frame/NavigationRail";
import { NotificationBanner } from "./frame/NotificationBanner";
import { StartNotices } from "./frame/StartNotices";
import { StatusBar } from "./frame/StatusBar";
import { useTheme } from "./frame/useTheme";
import { ShortcutHelp } from "./help/ShortcutHelp";
import { useShortcuts } from "./keyboard/useShortcuts";
import { useInstantInAddress } from "./navigation/instant";
import type { Route } from "./navigation/route";
import { routeOf } from "./navigation/route";
import { navigate, useRoute } from "./navigation/useRoute";
import { CommandPalette } from "./palette/CommandPalette";
import { usePlatform, useView } from "./platform/useView";
import { TransferDialogs } from "./transfers/TransferDialogs";
import { AlertsPage } from "./views/alerts/inbox/AlertsPage";
import { RulesPage } from "./views/alerts/rules/RulesPage";
import { SilencesPage } from "./views/alerts/silences/SilencesPage";
import { StatisticsPage } from "./views/alerts/statistics/StatisticsPage";
import { CommandsPage } from "./views/commands/CommandsPage";
import { ConnectPage } from "./views/connect/ConnectPage";
import { DashboardPage } from "./views/dashboard/DashboardPage";
import { EventsPage } from "./views/events/EventsPage";
import { FleetPage } from "./views/fleet/FleetPage";
import { MetricsPage } from "./views/metrics/MetricsPage";
import { SettingsPage } from "./views/settings/SettingsPage";
import { StoragePage } from "./views/storage/StoragePage";

const live: ConductorView = { mode: "live" };
const noHubs: FrameView["hubs"] = [];

/** The frame around every view, and the view one is at. */
export function App() {
  const platform = usePlatform();
  const route = useRoute();
  const { model: frame, error } = useView<"frame">({ view: "frame" });
  const { model: settings } = useView<"settings">({ view: "settings" });
  const [overlay, setOverlay] = useState<"palette" | "help" | null>(null);
  useTheme(settings?.preferences.theme);

  useEffect(() => platform.onNavigation((navigation) => navigate(routeOf(navigation))), [platform]);
  const [conductorWanted, setConductorWanted] = useState(false);
  const conductor = frame?.conductor ?? live;
  const conductorOpen = conductorWanted || conductor.mode === "past";
  useInstantInAddress(frame?.conductor);
  useEffect(() => {
    if (!frame) return;
    if (frame.conductor.mode === "past") holdClock(frame.now);
    else setClock(frame.now);
  }, [frame]);

  useShortcuts({
    "Ctrl+k": () => setOverlay((current) => (current === "palette" ? null : "palette")),
    "?": () => setOverlay("help"),
    t: () => setConductorWanted((wanted) => !wanted),
    "1": () => navigate({ view: "fleet" }),
    "2": () => navigate({ view: "alerts", alertId: null }),
    "3": () => navigate({ view: "events", query: "", record: null }),
    "4": () => navigate({ view: "metrics" }),
    "5": () => navigate({ view: "commands", targets: [], type: null, commandId: null }),
    "6": () => navigate({ view: "settings" }),
  });

  return (
    <TooltipProvider delayDuration={300}>
      <div
        className="grid h-full grid-cols-[60px_minmax(0,1fr)] grid-rows-[44px_minmax(0,1fr)]"
        data-testid="app"
      >
        <StatusBar
          frame={frame}
          conductorOpen={conductorOpen}
          onConductor={() => setConductorWanted((wanted) => !wanted)}
        />
        <NavigationRail view={route.view} unacknowledged={frame?.unacknowledgedAlerts ?? 0} />
        <div className="flex min-h-0 min-w-0 flex-col">
          {error && (
            <Notice status="serious" className="m-3">
              {error.message}
            </Notice>
          )}
          <MissingProvider value={frame?.hubs ?? noHubs}>
            {frame && conductorOpen && (
              <ConductorBar conductor={conductor} onClose={() => setConductorWanted(false)} />
            )}
            {frame && <StartNotices notices={frame.notices} />}
            {frame && <NotificationBanner frame={frame} />}
            {frame && <ConnectionBanner hubs={frame.hubs} />}
            <ConductorProvider value={conductor}>
              <div
                aria-busy={conductor.mode === "past" && conductor.isLoading}
                className="flex min-h-0 flex-1 flex-col aria-busy:opacity-50 aria-busy:transition-opacity aria-busy:delay-250"
              >
                <Page route={route} frame={frame} onOpenPalette={() => setOverlay("palette")} />
              </div>
            </ConductorProvider>
          </MissingProvider>
        </div>
      </div>
      <TransferDialogs />
      {overlay === "palette" && <CommandPalette onClose={() => setOverlay(null)} />}
      {overlay === "help" && <ShortcutHelp onClose={() => setOverlay(null)} />}
    </TooltipProvider>
  );
}

interface PageProps {
  route: Route;
  frame: FrameView | null;
  onOpenPalette: () => void;
}

function Page({ route, frame, onOpenPalette }: PageProps) {
  switch (route.view) {
    case "fleet":
      return <FleetPage frame={frame} onOpenPalette={onOpenPalette} />;
    case "dashboard":
      return <DashboardPage dashboard={route.dashboard} section={route.section} />;
    case "alerts":
      return <AlertsPage alertId={route.alertId} open={route.open ?? false} />;
    case "rules":
      return <RulesPage ruleId={route.ruleId} />;
    case "silences":
      return <SilencesPage />;
    case "statistics":
      return <StatisticsPage />;
    case "events":
      return <EventsPage route={route} />;
    case "metrics":
      return <MetricsPage />;
    case "commands":
      return <CommandsPage route={route} />;
    case "connect":
      return <ConnectPage key={route.hub} wanted={route.hub} />;
    case "settings":
      return <SettingsPage />;
    case "storage":
      return <StoragePage />;
  }
}
