import { execFile, execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually, Hub, Operator } from "./hub.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const tsc = join(root, "node_modules/typescript/bin/tsc");
let hub: Hub;
let directory: string;
let blocks: { language: string; text: string }[];

beforeAll(async () => {
  hub = await Hub.start();
  // Inside of the package, so that its own name is found.
  directory = await mkdtemp(join(root, ".readme-"));
  execFileSync(process.execPath, [tsc, "--project", "tsconfig.build.json"], { cwd: root });
  const readme = await readFile(join(root, "README.md"), "utf8");
  blocks = [...readme.matchAll(/```(\w+)\n(.*?)```/gs)].map(([, language = "", text = ""]) => ({
    language,
    text,
  }));
});
afterAll(async () => {
  await hub?.stop();
  if (directory) await rm(directory, { recursive: true });
});

test("every example in TypeScript compiles as it stands", async () => {
  const examples = blocks.filter(({ language }) => language.startsWith("ts"));
  expect(examples.length).toBe(4);
  for (const [index, { text }] of examples.entries())
    await writeFile(join(directory, `example-${index}.tsx`), text);
  const compilerOptions = {
    target: "es2022",
    lib: ["es2023", "dom"],
    module: "nodenext",
    jsx: "react-jsx",
    strict: true,
    noEmit: true,
    types: ["react"],
  };
  await writeFile(join(directory, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.tsx"] }));
  const compile = () => execFileSync(process.execPath, [tsc, "--project", directory], { encoding: "utf8" });
  expect(compile()).toBe("");
  // The check itself can fail.
  await writeFile(
    join(directory, "wrong.tsx"),
    'import { Nothing } from "@mission-control/sdk";\nNothing();\n',
  );
  expect(compile).toThrow();
});

test("the quick start for Node does what it says when pasted", async () => {
  const example = blocks.find(({ language }) => language === "js")?.text ?? "";
  const script = join(directory, "dashboard.mjs");
  await writeFile(script, example);
  const run = () =>
    promisify(execFile)(process.execPath, [script, hub.url, join(hub.directory, "tokens/dashboard.token")], {
      cwd: directory,
    });
  const { stdout, stderr } = await run();
  expect(stdout).toBe("registered; a sign of life every 1000 ms\n");
  expect(stderr).toBe("");
  await run();
  const operator = await Operator.connect(hub);
  await eventually("both runs' events are there", () => operator.of("batch-01", "EVENT").length === 2);
  expect(operator.of("batch-01", "ALERT").map(({ body }) => body.alert.title)).toContain("Quality is low");
  await eventually(
    "it has left",
    () => operator.of("batch-01", "CONNECTION").at(-1)?.body.liveness === "left",
  );
  operator.close();
});
