// No package: a page, or Node from version 22 on. What is sent while the connection is down is lost; the SDKs keep it.
const dashboardId = "DASHBOARD_ID";
const socket = new WebSocket("WS_ADDRESS/v1/dashboard", "mission-control.v1");
const send = (message) => socket.send(JSON.stringify(message));
let seq = 0;

function publish(type, payload) {
  const event = { type, dashboardId, timestamp: new Date().toISOString(), payload };
  send({ type: "EVENT", seq: ++seq, event });
}

socket.onopen = () =>
  send({
    type: "REGISTER",
    token: "TOKEN",
    config: { id: dashboardId, type: "run-dashboard", useCase: "energy", version: "1.0.0" },
    // New for every connection here: nothing is sent again, so the numbers begin at 1 each time.
    session: { epoch: crypto.randomUUID() },
    commands: [{ type: "REFRESH_DATA", title: "Refresh data", payloadSchema: {} }],
  });

socket.onmessage = ({ data }) => {
  const message = JSON.parse(data);
  switch (message.type) {
    case "REGISTERED":
      console.log("registered");
      setInterval(() => send({ type: "HEARTBEAT" }), message.heartbeatInterval);
      publish("DATA_INGESTED", { source: "meters.csv", recordCount: 1200 });
      break;
    case "COMMAND":
      send({ type: "COMMAND_RESULT", commandId: message.command.id, success: true, result: {} });
      break;
    case "ERROR":
      console.error(message.code, message.message);
      break;
  }
};
