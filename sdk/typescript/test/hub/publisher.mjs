// Publishes numbered events through a queue in a file, until it is killed. Arguments: the compiled package, the hub's
// address, the token, the queue's directory, the number of this run.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [compiled, url, token, directory, run] = process.argv.slice(2);
const { WebSocket } = createRequire(import.meta.url)("ws");
const { MissionControlService } = await import(pathToFileURL(`${compiled}/index.js`).href);
const { FileQueueStorage } = await import(pathToFileURL(`${compiled}/node/index.js`).href);

const mc = new MissionControlService({
  url,
  token,
  WebSocket,
  storage: new FileQueueStorage({ directory, compactAboveBytes: 20_000 }),
  backoff: { shortestMs: 20, longestMs: 200 },
  onProblem: ({ code, message }) => process.stderr.write(`${code}: ${message}\n`),
});
mc.registerDashboard({ id: "ts-restarted", useCase: "energy", version: "1" });

let published = 0;
process.on("SIGTERM", async () => {
  await mc.flush();
  process.stdout.write(`flushed ${published}\n`);
  await mc.disconnect();
  process.exit(0);
});
for (;;) {
  for (let i = 0; i < 50; i++)
    mc.publishEvent({ type: "STEP", payload: { run: Number(run), n: ++published } });
  await mc.stored();
  process.stdout.write(`stored ${published}\n`);
  await new Promise((resolve) => setTimeout(resolve, 5));
}
