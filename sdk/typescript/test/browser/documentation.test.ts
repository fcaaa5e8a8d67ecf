import { writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { build } from "vite";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { PAGES, Project, pasted, recipeFiles } from "../documentation.js";
import { eventually, Hub, type LogRecord, Operator } from "../hub/hub.js";
import { CHROMIUM } from "./chromium.js";

/** What the recipe's app ingests: three of four are complete, which is under its threshold of 80 %. */
const READINGS = JSON.stringify([4, null, 7, 1].map((value, meter) => ({ meter: String(meter), value })));

let project: Project;
let browser: Browser;
let server: Server;
let origin: string;
let hub: Hub;
let operator: Operator;
let context: BrowserContext;
let script = "";

beforeAll(async () => {
  project = await Project.create();
  server = createServer((request, response) => {
    const [type, body] = {
      "/page.js": ["text/javascript", script],
      "/meters.json": ["application/json", READINGS],
    }[request.url ?? ""] ?? [
      "text/html",
      '<!doctype html><title>Dashboard</title><div id="root"></div><script type="module" src="/page.js"></script>',
    ];
    response.setHeader("content-type", type as string);
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
});
beforeEach(async () => {
  hub = await Hub.start();
  operator = await Operator.connect(hub);
  context = await browser.newContext();
});
afterEach(async () => {
  operator?.close();
  await context?.close();
  await hub?.stop();
});
afterAll(async () => {
  await browser?.close();
  server?.close();
  await project?.remove();
});

/** Opens a page of the project, built by Vite, with this test's hub in the place of the values that the pages show. */
async function open(entry: string): Promise<Page> {
  const output = await build({
    configFile: false,
    root: project.directory,
    logLevel: "silent",
    build: { write: false, target: "es2022", rollupOptions: { input: entry, output: { format: "es" } } },
  });
  const [first] = [output].flat();
  if (!first || !("output" in first)) throw new Error(`${entry} was not built`);
  script = first.output.map((chunk) => ("code" in chunk ? chunk.code : "")).join("");
  const page = await context.newPage();
  await page.goto(origin);
  return page;
}

const filledIn = async (code: string) =>
  code.replaceAll("ws://127.0.0.1:7420", hub.url).replaceAll('"TOKEN"', `"${await hub.token("dashboard")}"`);

/** The first record of a kind that `wanted` is true of. */
const record = (
  dashboardId: string,
  kind: string,
  wanted: (body: LogRecord["body"]) => boolean = () => true,
) =>
  eventually(`${dashboardId} has the ${kind}`, () =>
    operator.of(dashboardId, kind).find(({ body }) => wanted(body)),
  );

/** Sends a command and returns what became of it. */
async function command(
  dashboardId: string,
  commandType: string,
  payload: object,
): Promise<LogRecord["body"]> {
  const { commandId } = await operator.request({ kind: "ISSUE_COMMAND", dashboardId, commandType, payload });
  const ended = (body: LogRecord["body"]) =>
    body.commandId === commandId && ["SUCCEEDED", "FAILED", "REFUSED"].includes(body.stage);
  return (await record(dashboardId, "COMMAND", ended)).body;
}

test("the quick start for TypeScript does what it says", async () => {
  await open(await project.write("typescript/main.ts", await filledIn(await pasted(PAGES.typescript, "ts"))));
  await record("energy-01", "EVENT", ({ type }) => type === "DATA_INGESTED");
  await record("energy-01", "STATUS", ({ state }) => state === "active");
  await record("energy-01", "ALERT", ({ alert }) => alert.title === "Data quality is low");
  await record("energy-01", "METRICS", ({ performance }) => performance?.pageLoadTime > 0);
  const refreshed = await command("energy-01", "REFRESH_DATA", {});
  expect(refreshed).toMatchObject({ stage: "SUCCEEDED", result: { refreshed: true } });
});

test("the quick start for React does what it says", async () => {
  await project.write("react/dashboard.tsx", await filledIn(await pasted(PAGES.react, "tsx")));
  const main = `import { createRoot } from "react-dom/client";
import { StrictMode } from "react";
import { Dashboard } from "./dashboard";
createRoot(document.getElementById("root") as HTMLElement).render(<StrictMode><Dashboard /></StrictMode>);
`;
  const page = await open(await project.write("react/main.tsx", main));
  await page.getByText("Mission Control Connected").waitFor();
  const ingested = await command("energy-01", "INGEST_DATA", { source: "meters.csv" });
  expect(ingested).toMatchObject({ stage: "SUCCEEDED", result: { recordCount: 1200 } });
  await page.getByRole("heading", { name: "1200 records" }).waitFor();
  await page.getByText("Last Command: INGEST_DATA").waitFor();
  await page.getByRole("button", { name: "Ask for help" }).click();
  await record("energy-01", "ALERT", ({ alert }) => alert.message === "1200 records are loaded.");
  await record("energy-01", "EVENT", ({ payload }) => payload.recordCount === 1200);
  await record("energy-01", "STATUS", ({ state }) => state === "active");
  await record("energy-01", "METRICS", ({ performance }) => performance?.percentiles.renderTime);
});

test("the quick start for plain WebSockets does what it says", async () => {
  await open(await project.write("websocket/main.js", await filledIn(await pasted(PAGES.websocket, "js"))));
  await record("energy-01", "EVENT", ({ type }) => type === "DATA_INGESTED");
  await record("energy-01", "STATUS", ({ state }) => state === "active");
  await record("energy-01", "ALERT", ({ alert }) => alert.title === "Data quality is low");
  await record("energy-01", "METRICS", ({ data }) => data.dataQuality === 71);
  expect(await command("energy-01", "REFRESH_DATA", {})).toMatchObject({ stage: "SUCCEEDED" });
});

test("the app of the recipe, with every step followed, is seen, raises its alert and obeys", async () => {
  for (const [name, text] of await recipeFiles()) await project.write(name, text);
  const environment = `VITE_MISSION_CONTROL_URL=${hub.url}\nVITE_MISSION_CONTROL_TOKEN=${await hub.token("dashboard")}\n`;
  await writeFile(join(project.directory, ".env.local"), environment);
  const page = await open(join(project.directory, "src/main.tsx"));
  await page.getByText("Mission Control Connected").waitFor();
  const id = await page.evaluate(() => localStorage.dashboardId as string);
  expect(id).toMatch(/^energy-/);

  await page.getByRole("button", { name: "Ingest" }).click();
  await record(id, "STATUS", ({ state, dataStatus }) => state === "active" && dataStatus.recordCount === 4);
  await record(
    id,
    "EVENT",
    ({ type, payload }) => type === "INGESTION_STATUS_CHANGED" && payload.status === "done",
  );
  await record(
    id,
    "EVENT",
    ({ type, payload }) => type === "DATA_SOURCE_CHANGED" && payload.to === "/meters.json",
  );
  const { body } = await record(id, "EVENT", ({ type }) => type === "DATA_INGESTED");
  expect(body).toMatchObject({ payload: { recordCount: 4, quality: 75 }, context: { user: "ada" } });
  await record(id, "ALERT", ({ alert }) => alert.type === "DATA_QUALITY" && alert.context.tab === "overview");

  expect(await command(id, "NAVIGATE_TAB", { tabId: "meters" })).toMatchObject({ stage: "SUCCEEDED" });
  await page.getByRole("button", { name: "meters", pressed: true }).waitFor();
  const missing = await command(id, "INGEST_DATA", { source: "http://127.0.0.1:9/nothing" });
  expect(missing.stage).toBe("FAILED");
  const refreshed = await command(id, "REFRESH_DATA", {});
  expect(refreshed).toMatchObject({ stage: "SUCCEEDED", result: { recordCount: 4 } });
  // The tester is not Ada.
  expect((await command(id, "CLEAR_DATA", {})).stage).toBe("FAILED");
  await record(
    id,
    "EVENT",
    ({ type, payload }) => type === "MISSION_CONTROL_COMMAND_REFUSED" && payload.code === "NOT_PERMITTED",
  );
  await record(id, "METRICS", ({ usage }) => usage?.tabViews.meters === 1);

  // What happens while the hub is away arrives when it is back.
  await hub.kill();
  await page.getByText("Mission Control Reconnecting").waitFor();
  await page.getByRole("button", { name: "Ingest" }).click();
  await hub.start();
  operator.close();
  operator = await Operator.connect(hub);
  await eventually(
    "both are there",
    () => operator.of(id, "EVENT").filter(({ body }) => body.type === "DATA_INGESTED").length === 3,
  );
});
