import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Project, repository } from "../documentation.js";
import { eventually, Hub, Operator } from "./hub.js";

let hub: Hub;
let project: Project;
let operator: Operator;
const running = new Set<ChildProcess>();

beforeAll(async () => {
  project = await Project.create();
  await project.write("package.json", '{ "type": "module" }');
  hub = await Hub.start();
  operator = await Operator.connect(hub);
});
afterAll(async () => {
  for (const child of running) child.kill();
  operator?.close();
  await hub?.stop();
  await project?.remove();
});

/** A snippet, filled in as *Connect a dashboard* does, with a token made for it. */
async function filledIn(file: string, dashboardId: string): Promise<string> {
  const made = await operator.request({ kind: "CREATE_TOKEN", label: dashboardId });
  const text = await readFile(join(repository, "docs/quick-start/snippets", file), "utf8");
  return text
    .replaceAll("WS_ADDRESS", hub.url)
    .replaceAll('"TOKEN"', JSON.stringify(made.secret))
    .replaceAll("DASHBOARD_ID", dashboardId);
}

/** Runs a script in Node, which has had a WebSocket of its own since version 22, and before when asked to. */
function run(script: string): () => string {
  const flags = Number.parseInt(process.versions.node, 10) < 22 ? ["--experimental-websocket"] : [];
  const child = spawn(process.execPath, [...flags, script], { cwd: project.directory });
  running.add(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk) => {
      output += String(chunk);
    });
  return () => output;
}

/** Waits until a snippet has registered with its own token and its event has come. */
async function arrived(dashboardId: string): Promise<void> {
  await eventually(
    `${dashboardId} has registered with its token`,
    () => operator.of(dashboardId, "REGISTRATION").at(-1)?.body.tokenId,
  );
}

async function ingested(dashboardId: string): Promise<void> {
  const event = () => operator.of(dashboardId, "EVENT").find(({ body }) => body.type === "DATA_INGESTED");
  expect((await eventually("its event is there", event)).body.payload.recordCount).toBe(1200);
}

/** Sends REFRESH_DATA and waits until it has succeeded. */
async function refreshed(dashboardId: string): Promise<void> {
  await operator.request({ kind: "ISSUE_COMMAND", dashboardId, commandType: "REFRESH_DATA", payload: {} });
  const end = () =>
    operator
      .of(dashboardId, "COMMAND")
      .find(({ body }) => ["SUCCEEDED", "FAILED", "TIMED_OUT"].includes(body.stage));
  expect((await eventually("the command has ended", end)).body.stage).toBe("SUCCEEDED");
}

test.each([
  ["typescript.ts", "snippet-typescript"],
  ["websocket.js", "snippet-websocket"],
])("%s registers, publishes and takes a command", async (file, dashboardId) => {
  const output = run(await project.write(`${dashboardId}.mjs`, await filledIn(file, dashboardId)));
  await arrived(dashboardId);
  await ingested(dashboardId);
  await refreshed(dashboardId);
  expect(output()).toContain("registered\n");
});

test("react.tsx registers when it is loaded, draws its mark and publishes", async () => {
  const file = await project.write("react.tsx", await filledIn("react.tsx", "snippet-react"));
  const tsc = join(repository, "sdk/typescript/node_modules/typescript/bin/tsc");
  const options = "--jsx react-jsx --module nodenext --target es2022 --types react --skipLibCheck".split(" ");
  execFileSync(process.execPath, [tsc, ...options, file], { cwd: project.directory });
  const page = `
    import { createElement } from "react";
    import { renderToString } from "react-dom/server";
    import { Footer, ingested } from "./react.js";
    console.log(renderToString(createElement(Footer)));
    ingested("meters.csv", 1200);
  `;
  const output = run(await project.write("page.mjs", page));
  await arrived("snippet-react");
  await ingested("snippet-react");
  expect(output()).toContain("<footer");
});

test("a snippet with another token is refused and says so", async () => {
  const text = (await filledIn("websocket.js", "snippet-stranger")).replace(/mcd_[\w-]+/, "mcd_another");
  const output = run(await project.write("stranger.mjs", text));
  await eventually("it says why", () => output().includes("TOKEN_INVALID"));
  expect(operator.of("snippet-stranger", "REGISTRATION")).toEqual([]);
});
