// Looks at every view of the built UI over the fixture: served under the content security policy of the desktop
// program, at two sizes, dark and light. Fails on anything the browser complains of and on WCAG A and AA violations;
// writes a picture of each to target/screenshots/ui. Needs Chromium: CHROMIUM names it, /usr/bin/chromium otherwise.
import { mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import http from "node:http";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { chromium } from "playwright-core";
import { build } from "vite";

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src ipc: http://ipc.localhost 'self'";
const root = new URL("..", import.meta.url).pathname;
const pictures = join(root, "../target/screenshots/ui");
const axe = readFileSync(join(root, "node_modules/axe-core/axe.min.js"), "utf8");

const hub = "00000000-0000-0000-0000-000000000000";
const dashboard = `#/dashboard/${hub}/dash-0001`;
const views = [
  ["fleet", "live", "#/fleet"],
  ["fleet-table", "live", "#/fleet", (page) => page.keyboard.press("v")],
  ["fleet-cached", "cached", "#/fleet"],
  ["fleet-empty", "empty", "#/fleet"],
  ["fleet-connecting", "connecting", "#/fleet"],
  ["fleet-error", "error", "#/fleet"],
  ...["overview", "workflows", "events", "alerts", "commands", "configuration"].map((section) => [
    `dashboard-${section}`,
    "live",
    `${dashboard}/${section}`,
  ]),
  ["dashboard-cached", "cached", `${dashboard}/overview`],
  ["alerts", "live", "#/alerts"],
  ["alerts-empty", "empty", "#/alerts"],
  [
    "commands",
    "live",
    `#/commands?to=${hub}/dash-0001&type=INGEST_DATA&command=cmd-INGEST_DATA-8000-dash-0001`,
  ],
  ["commands-destructive", "live", `#/commands?to=${hub}/dash-0001&type=CLEAR_DATA`],
  ["connect", "live", "#/connect"],
  ["connect-unreachable", "cached", "#/connect"],
  ["connect-waiting", "empty", "#/connect", makeToken],
  [
    "connect-refused",
    "live",
    "#/connect",
    async (page) => {
      await makeToken(page);
      await page.locator("[data-testid=snippet-websocket]").click();
    },
  ],
  ["connect-arrived", "arrived", "#/connect", makeToken],
  ["settings", "live", "#/settings"],
  ["storage", "live", "#/storage"],
  ["events", "live", "#/events"],
  ["events-detail", "live", "#/events?q=severity%3E%3Dwarning", (page) => page.keyboard.press("j")],
  ["events-empty", "empty", "#/events"],
  ["metrics", "live", "#/metrics"],
  ["metrics-empty", "empty", "#/metrics"],
  ["metrics-several", "live", "#/metrics", zoomIntoTwoCharts],
  ["metrics-picture", "live", "#/metrics", openPicture],
  ["conductor-span", "live", `#/fleet?at=${new Date(Date.now() - 25 * 60_000).toISOString()}`, chooseSpan],
  ["conductor-live", "live", "#/fleet", (page) => page.keyboard.press("t")],
  ["conductor-past", "live", `#/fleet?at=${new Date(Date.now() - 25 * 60_000).toISOString()}`],
  ["palette", "live", "#/fleet", (page) => page.keyboard.press("Control+k")],
  ["help", "live", "#/fleet", (page) => page.keyboard.press("?")],
];
async function makeToken(page) {
  await page.locator("[data-testid=connect-label]").fill("Energy, hall 3");
  await page.keyboard.press("Enter");
  await page.locator("[data-testid=snippet-code]").waitFor();
}
async function drag(page, selector, from, to) {
  const box = await page.locator(selector).boundingBox();
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + box.width * from, y);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * to, y, { steps: 4 });
  await page.mouse.up();
}
async function zoomIntoTwoCharts(page) {
  await page.locator("[data-testid='series-status.errorRate']").click();
  await page.locator("[data-testid='plot-%'] canvas").waitFor();
  await drag(page, "[data-testid=plot-ms]", 0.5, 0.95);
  await page.locator("[data-testid=metrics-zoom]").waitFor();
  const plot = await page.locator("[data-testid=plot-ms] .u-over").boundingBox();
  await page.mouse.move(plot.x + plot.width * 0.4, plot.y + 60);
}
async function openPicture(page) {
  await page.locator("[data-testid=plot-ms] canvas").waitFor();
  await page.locator("[data-testid=save-picture]").click();
  await page.locator("[data-testid=picture][data-ready=true]").waitFor();
}
async function chooseSpan(page) {
  await drag(page, "[data-testid=span-ruler]", 0.3, 0.5);
  await page.locator("[data-testid=chosen-span]").waitFor();
  const track = await page.locator("[data-testid=scrub-track]").boundingBox();
  await page.mouse.move(track.x + track.width * 0.149, track.y + 10);
}
const only = process.argv.slice(2);
const types = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};

const built = mkdtempSync(join(tmpdir(), "mission-control-ui-"));
await build({ root, mode: "fixture", logLevel: "error", build: { outDir: built, emptyOutDir: true } });
const server = http.createServer(async (request, response) => {
  const path = new URL(request.url, "http://localhost").pathname;
  try {
    const body = await readFile(join(built, path === "/" ? "index.html" : path));
    response.writeHead(200, {
      "content-type": types[extname(path) || ".html"],
      "content-security-policy": POLICY,
    });
    response.end(body);
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
mkdirSync(pictures, { recursive: true });

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
  ],
});
let failures = 0;
for (const [name, fixture, hash, act] of views) {
  if (only.length > 0 && !only.includes(name)) continue;
  for (const [width, height] of [
    [1280, 800],
    [1920, 1080],
  ]) {
    const page = await browser.newPage({ viewport: { width, height } });
    const complain = (text) => {
      failures += 1;
      console.error(`${name} ${width}x${height}: ${text}`);
    };
    page.on(
      "console",
      (message) => ["error", "warning"].includes(message.type()) && complain(message.text()),
    );
    page.on("pageerror", (error) => complain(error.message));
    await page.goto(`http://127.0.0.1:${server.address().port}/?fixture=${fixture}${hash}`);
    await page.locator("[data-testid=clock]").waitFor();
    await page.locator("[data-testid=loading]").waitFor({ state: "detached" });
    await page.evaluate(() => document.fonts.ready);
    await act?.(page);
    for (const theme of ["dark", "light"]) {
      await page.evaluate((wanted) => {
        document.documentElement.dataset.theme = wanted;
      }, theme);
      // Charts are painted anew in the frames that follow.
      await page.evaluate(
        () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
      );
      await page.screenshot({ path: join(pictures, `${name}-${theme}-${width}.png`) });
      if (width === 1280) {
        await page.evaluate(axe);
        const found = await page.evaluate(() => window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa"] }));
        for (const violation of found.violations)
          complain(
            `${theme}: ${violation.id}: ${violation.nodes.map((node) => node.target.join(" ")).join(" | ")}`,
          );
      }
    }
    await page.close();
  }
}
await browser.close();
server.close();
console.log(
  failures === 0 ? `Every view is as it should be. Pictures: ${pictures}` : `${failures} complaints.`,
);
process.exitCode = failures === 0 ? 0 : 1;
