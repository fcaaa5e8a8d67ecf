import { useCallback, useEffect, useMemo, useState } from "react";
import type { Dashboard } from "../dashboard-state/dashboard";
import { type ConnectionSettings, storeConnectionSettings } from "../mission-control/connection-settings";
import { connectMissionControl, type Integration } from "../mission-control/integration";
import { App } from "./App";
import { DashboardContext } from "./dashboard-context";

/** The dashboard with its connection to Mission Control, which may be made anew at any time. */
export function Root({ dashboard, initial }: { dashboard: Dashboard; initial: ConnectionSettings }) {
  const [connection, setConnection] = useState(initial);
  const [integration, setIntegration] = useState<Integration | null>(null);
  useEffect(() => {
    if (connection.url === "") return;
    const made = connectMissionControl(dashboard, connection);
    setIntegration(made);
    return () => {
      setIntegration(null);
      void made.close();
    };
  }, [dashboard, connection]);
  const connect = useCallback((settings: ConnectionSettings) => {
    storeConnectionSettings(settings, localStorage);
    setConnection(settings);
  }, []);
  const value = useMemo(
    () => ({ dashboard, integration, connection, connect }),
    [dashboard, integration, connection, connect],
  );
  return (
    <DashboardContext value={value}>
      <App onRender={integration?.recordRender} />
    </DashboardContext>
  );
}
