// Publishes events from Node as fast as they are kept and acknowledged, and prints the seconds that took.
//
//   node publish.mjs sdk  HUB_URL  DIRECTORY COUNT TOKEN_FILE   with the SDK, its queue in a file
//   node publish.mjs bare BARE_URL DIRECTORY COUNT              an appended file with fsync, and a WebSocket: the floor
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { MissionControlService } from "@mission-control/sdk";
import { FileQueueStorage } from "@mission-control/sdk/node";
import { WebSocket } from "ws";
import { CONTEXT, frame, payload } from "./event.mjs";

/** Events published in one turn of the event loop, which the SDK and the floor each keep with one fsync. */
const BURST = 256;
/** Events that may wait for an acknowledgement. */
const UNDER_WAY = 8 * BURST;

const [mode, url, directory, countText, tokenFile] = process.argv.slice(2);
const count = Number(countText);
const seconds = await (mode === "sdk" ? withSdk() : bare());
console.log(JSON.stringify({ seconds }));
process.exit(0);

async function withSdk() {
  const service = new MissionControlService({
    url,
    token: () => readFile(tokenFile, "utf8"),
    WebSocket,
    storage: new FileQueueStorage({ directory }),
    context: () => CONTEXT,
    onProblem: ({ code, message }) => console.error(code, message),
  });
  await service.registerDashboard({ id: "bench-node", useCase: "benchmark", version: "1" });
  const start = performance.now();
  for (let n = 1; n <= count; n++) {
    service.publishEvent({ type: "DATA_INGESTED", payload: payload(n, new Date().toISOString()) });
    if (n % BURST > 0) continue;
    do await turn();
    while (service.getMetrics().queued > UNDER_WAY);
  }
  await service.flush();
  return (performance.now() - start) / 1000;
}

async function bare() {
  const file = await open(join(directory, "bare.queue"), "w");
  const socket = new WebSocket(url);
  await new Promise((resolve) => socket.once("open", resolve));
  let acknowledged = 0;
  socket.on("message", (text) => {
    acknowledged = JSON.parse(text).seq ?? acknowledged;
  });
  socket.send("{}");
  const start = performance.now();
  let frames = [];
  for (let n = 1; n <= count; n++) {
    frames.push(frame(n));
    if (n % BURST > 0 && n < count) continue;
    await file.appendFile(`${frames.join("\n")}\n`);
    await file.datasync();
    for (const each of frames) socket.send(each);
    frames = [];
    while (n - acknowledged > UNDER_WAY) await turn();
  }
  while (acknowledged < count) await turn();
  return (performance.now() - start) / 1000;
}
