// npm install ./mission-control-sdk-0.1.0.tgz (docs/quick-start says how to make it)
import { MissionControlService, RemoteControl } from "@mission-control/sdk";

const missionControl = new MissionControlService({
  url: "WS_ADDRESS",
  token: "TOKEN",
  onProblem: ({ code, message }) => console.warn(code, message),
});

// What operators may do here. Only commands with a function are offered to them.
new RemoteControl(missionControl, {
  REFRESH_DATA: async ({ progress }) => {
    progress(0.5, "half done");
    return { refreshed: true };
  },
});

await missionControl.registerDashboard({ id: "DASHBOARD_ID", useCase: "energy", version: "1.0.0" });
console.log("registered");
missionControl.publishEvent({
  type: "DATA_INGESTED",
  payload: { source: "meters.csv", recordCount: 1200 },
});
