// Takes pictures of the built dashboard in every state, for people to look at: `npm run build && npm run pictures -- DIRECTORY`.
// Needs Chromium, and the hub (`cargo build -p mission-control-hub`) for the connected states.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { preview } from "vite";

const root = fileURLToPath(new URL("..", import.meta.url));
const directory = process.argv[2] ?? join(root, "../../target/screenshots/run-dashboard");
const HUB = process.env.MISSION_CONTROL_HUB ?? join(root, "../../target/debug/mission-control-hub");
const SIZES = [
  { width: 1280, height: 800 },
  { width: 1920, height: 1080 },
];
mkdirSync(directory, { recursive: true });

const data = mkdtempSync(join(tmpdir(), "run-dashboard-"));
const hub = spawn(HUB, ["--listen", "127.0.0.1:0", "--data", data, "--heartbeat-ms", "1000"]);
const address = await new Promise((resolve, reject) => {
  let output = "";
  hub.stdout.on("data", (chunk) => {
    output += chunk;
    const url = /listening on (ws:\S+)/.exec(output)?.[1];
    if (url && output.includes("operator token:")) resolve(url);
  });
  hub.on("exit", (code) => reject(new Error(`the hub ended with ${code}`)));
});
const token = readFileSync(join(data, "tokens/dashboard.token"), "utf8").trim();

const server = await preview({ root, logLevel: "silent", preview: { host: "127.0.0.1", port: 0 } });
const page = `http://127.0.0.1:${server.httpServer.address().port}/`;
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});

async function opened(theme, fragment = "") {
  const context = await browser.newContext({ colorScheme: theme, viewport: SIZES[0] });
  const tab = await context.newPage();
  tab.on("pageerror", (error) => console.error("page error:", error.message));
  tab.on("console", (message) => {
    if (message.type() === "error") console.error("console:", message.text());
  });
  await tab.goto(page + fragment);
  return tab;
}

async function picture(tab, name, theme) {
  for (const size of SIZES) {
    await tab.setViewportSize(size);
    await tab.evaluate(() => document.fonts.ready.then(() => new Promise(requestAnimationFrame)));
    await tab.screenshot({ path: join(directory, `${name}-${theme}-${size.width}.png`) });
  }
  await tab.setViewportSize(SIZES[0]);
}

const test = (id) => `[data-testid="${id}"]`;

async function ingest(tab, source) {
  await tab.click("text=Ingest data");
  await tab.click(test(`source-${source}`));
  await tab.waitForSelector(test("modal-ingest"), { state: "detached" });
}

for (const theme of ["dark", "light"]) {
  const alone = await opened(theme);
  await picture(alone, "overview-empty", theme);
  await alone.click(test("tab-workflows"));
  await picture(alone, "workflows-empty", theme);
  await alone.click(test("tab-settings"));
  await picture(alone, "settings-alone", theme);
  await alone.click("text=Ingest data");
  await alone.fill(test("ingest-address"), `${page}nowhere.csv`);
  await alone.click(test("ingest-address-go"));
  await alone.waitForSelector('[data-testid="ingestion"][data-status="failed"]');
  await picture(alone, "modal-ingest-error", theme);
  await alone.keyboard.press("Escape");
  await picture(alone, "overview-error", theme);
  await alone.route("**/forecast.json", () => {});
  await alone.click("text=Ingest data");
  await alone.click(test("source-forecast"));
  await picture(alone, "modal-ingest-loading", theme);
  await alone.context().close();

  const tab = await opened(theme, `#hub=${address}&token=${token}&id=wind-park-${theme}`);
  await tab.waitForSelector(".mission-control-status[data-status=connected]");
  await ingest(tab, "turbines-dirty");
  await tab.waitForSelector(test("notice"));
  await picture(tab, "overview-dirty", theme);
  await tab.click(test("tab-data"));
  await picture(tab, "data-dirty", theme);
  await tab.click(test("tab-workflows"));
  await tab.click(test("start-daily-report"));
  await tab.waitForSelector('[data-testid="execution"][data-state="failed"]');
  await picture(tab, "workflows-failed", theme);
  await ingest(tab, "turbines");
  for (const notice of await tab.$$("text=Dismiss")) await notice.click().catch(() => {});
  for (const id of ["profile-data", "outlier-sweep", "confidence-study"])
    await tab.click(test(`start-${id}`));
  await tab.waitForSelector('[data-workflow="outlier-sweep"][data-state="completed"]');
  await tab.click('[data-workflow="outlier-sweep"] >> text=Report');
  await picture(tab, "workflows", theme);
  await tab.click(test("tab-agents"));
  for (const id of ["outlier-hunter", "data-steward", "correlation-analyst"])
    await tab.click(test(`execute-${id}`));
  await tab.waitForSelector('[data-agent="data-steward"][data-state="succeeded"]');
  await picture(tab, "agents", theme);
  for (const id of ["overview", "data", "activity", "settings"]) {
    await tab.click(test(`tab-${id}`));
    await picture(tab, id, theme);
  }
  await tab.click("text=Debug mode: a log");
  await tab.click(test("tab-overview"));
  await tab.click("text=Details");
  await picture(tab, "modal-quality", theme);
  await tab.keyboard.press("Escape");
  await tab.click(test("tab-data"));
  await tab.click("text=Export");
  await picture(tab, "modal-export", theme);
  await tab.click(test("export-csv"));
  await picture(tab, "data-debug-exports", theme);
  await tab.click(test("tab-settings"));
  await tab.click("text=Collect diagnostics");
  await picture(tab, "modal-diagnostics", theme);
  await tab.keyboard.press("Escape");
  await tab.click("[aria-label='About this dashboard']");
  await picture(tab, "modal-about", theme);
  await tab.keyboard.press("Escape");
  if (theme === "light") {
    hub.removeAllListeners("exit");
    hub.kill("SIGKILL");
    await tab.waitForSelector(".mission-control-status[data-status=reconnecting]");
    await tab.click(test("tab-overview"));
    await picture(tab, "disconnected", theme);
  }
  await tab.context().close();
}
await browser.close();
await server.close();
rmSync(data, { recursive: true, force: true });
process.exit(0);
