// Measures what publishing costs the page, in real Chromium, and prints it as JSON: main-thread CPU per 1,000 events and
// the growth of the heap over all of them, for the SDK and for the floor.
//
//   node page.mjs HUB_URL TOKEN_FILE BARE_URL COUNT
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { build } from "vite";

const [hubUrl, tokenFile, bareUrl, countText] = process.argv.slice(2);
const count = Number(countText);
/** Published before anything is measured, so that what is measured is compiled. */
const WARM_UP = 4_000;

const [output] = [
  await build({
    configFile: false,
    logLevel: "silent",
    build: {
      write: false,
      target: "es2022",
      rollupOptions: { input: fileURLToPath(new URL("page-entry.mjs", import.meta.url)) },
    },
  }),
].flat();
const script = output.output.map(({ code }) => code).join("");
const server = createServer((request, response) => {
  const isScript = request.url === "/page.js";
  response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
  response.end(
    isScript ? script : '<!doctype html><title>Page</title><script type="module" src="/page.js"></script>',
  );
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });

const sdk = await measured("sdk", hubUrl, (await readFile(tokenFile, "utf8")).trim());
const bare = await measured("bare", bareUrl);
await browser.close();
server.close();
console.log(JSON.stringify({ sdk, bare }));

async function measured(way, ...values) {
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  await page.waitForFunction(() => "sdk" in globalThis);
  const cdp = await page.context().newCDPSession(page);
  // CPU time of the thread, so that what else the machine does is not counted.
  await cdp.send("Performance.enable", { timeDomain: "threadTicks" });
  const read = async () => {
    await cdp.send("HeapProfiler.collectGarbage");
    const { metrics } = await cdp.send("Performance.getMetrics");
    const value = (name) => metrics.find((metric) => metric.name === name).value;
    return { task: value("TaskDuration"), script: value("ScriptDuration"), heap: value("JSHeapUsedSize") };
  };
  const publish = (from, to) => page.evaluate(([from, to]) => globalThis.publish(from, to), [from, to]);
  await page.evaluate(
    async ([way, values]) => {
      globalThis.publish = await globalThis[way](...values);
    },
    [way, values],
  );
  await publish(1, WARM_UP);
  const before = await read();
  await publish(WARM_UP + 1, WARM_UP + count);
  const after = await read();
  await page.close();
  const perThousand = (name) => ((after[name] - before[name]) * 1000) / (count / 1000);
  return {
    taskMsPerThousand: perThousand("task"),
    scriptMsPerThousand: perThousand("script"),
    heapGrowthBytes: after.heap - before.heap,
    heapBytes: after.heap,
  };
}
