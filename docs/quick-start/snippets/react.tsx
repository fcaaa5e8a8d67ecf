// npm install ./mission-control-sdk-0.1.0.tgz react (docs/quick-start says how to make it)
import { MissionControlService } from "@mission-control/sdk";
import { MissionControlStatus, useConnection } from "@mission-control/sdk/react";

// Once for the whole page, outside of every component.
const missionControl = new MissionControlService({
  url: "WS_ADDRESS",
  token: "TOKEN",
  onProblem: ({ code, message }) => console.warn(code, message),
});
missionControl.registerDashboard({ id: "DASHBOARD_ID", useCase: "energy", version: "1.0.0" });

export function Footer() {
  const { status } = useConnection(missionControl);
  return (
    <footer data-online={status === "connected"}>
      <MissionControlStatus service={missionControl} />
    </footer>
  );
}

export function ingested(source: string, recordCount: number) {
  missionControl.publishEvent({ type: "DATA_INGESTED", payload: { source, recordCount } });
}
