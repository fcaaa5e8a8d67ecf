import { type ChildProcess, spawn } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { blocks, PAGES, Project, pasted, recipeFiles, refreshed, repository } from "../documentation.js";
import { eventually, Hub, Operator } from "./hub.js";

let hub: Hub;
let project: Project;

beforeAll(async () => {
  project = await Project.create();
  hub = await Hub.start();
});
afterAll(async () => {
  await hub?.stop();
  await project?.remove();
});

test.each(Object.values(PAGES))("%s shows the files it says it shows", async (page) => {
  const fresh = await refreshed(page);
  if (process.env.UPDATE_GENERATED) await writeFile(join(repository, page), fresh);
  expect(await readFile(join(repository, page), "utf8")).toBe(fresh);
});

test("every block in TypeScript compiles against the package as it is published", async () => {
  const readme = (await blocks(PAGES.readme)).filter(({ language }) => language.startsWith("ts"));
  for (const [index, { text }] of readme.entries()) await project.write(`types/readme-${index}.tsx`, text);
  await project.write("types/typescript.ts", await pasted(PAGES.typescript, "ts"));
  await project.write("types/react.tsx", await pasted(PAGES.react, "tsx"));
  for (const [name, text] of await recipeFiles()) await project.write(`types/${name}`, text);
  expect(project.typeErrors("types")).toBe("");
  // The check itself can fail.
  const wrong = 'import { Nothing } from "@mission-control/sdk";\nNothing();\n';
  await project.write("types/wrong.ts", wrong);
  expect(project.typeErrors("types")).toContain("wrong.ts");
});

test("the quick start for Node does what it says, and goes on with its queue when it is started again", async () => {
  const script = await project.write("dashboard.mjs", await pasted(PAGES.node, "js"));
  const operator = await Operator.connect(hub);
  const events = () =>
    operator.of("batch-01", "EVENT").filter(({ body }) => body.type === "WORKFLOW_STARTED");
  for (let start = 1; start <= 2; start++) {
    const { child, output } = run(script);
    await eventually("its event is there", () => events().length === start);
    await eventually("its metrics are there", () => operator.of("batch-01", "METRICS").length >= start);
    await commanded(operator, "batch-01", { pages: 4 });
    child.kill("SIGINT");
    await new Promise((resolve) => child.once("exit", resolve));
    expect(output()).toBe("registered; a sign of life every 1000 ms\n");
    const left = () => operator.of("batch-01", "CONNECTION").at(-1)?.body.liveness === "left";
    await eventually("it has left", left);
  }
  expect(operator.of("batch-01", "STATUS").at(-1)?.body.activeTab).toBe("nightly");
  expect(operator.of("batch-01", "ALERT").map(({ body }) => body.alert.title)).toContain("Quality is low");
  expect(new Set(operator.of("batch-01", "REGISTRATION").map(({ body }) => body.epoch)).size).toBe(1);
  operator.close();
});

function run(script: string): { child: ChildProcess; output: () => string } {
  const token = join(hub.directory, "tokens/dashboard.token");
  const child = spawn(process.execPath, [script, hub.url, token], { cwd: project.directory });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk) => {
      output += String(chunk);
    });
  return { child, output: () => output };
}

/** Sends REFRESH_DATA and waits for its result. */
async function commanded(operator: Operator, dashboardId: string, result: unknown): Promise<void> {
  const request = { kind: "ISSUE_COMMAND", dashboardId, commandType: "REFRESH_DATA", payload: {} };
  const before = operator.of(dashboardId, "COMMAND").length;
  await operator.request(request);
  const done = () =>
    operator
      .of(dashboardId, "COMMAND")
      .slice(before)
      .find(({ body }) => ["SUCCEEDED", "FAILED"].includes(body.stage));
  expect((await eventually("the command has ended", done)).body).toMatchObject({
    stage: "SUCCEEDED",
    result,
  });
}
