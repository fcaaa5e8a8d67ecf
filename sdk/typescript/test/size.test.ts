import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "vite";
import { expect, test } from "vitest";

/** Size of `source` with all it imports, minified and gzipped, in bytes. */
async function bundled(source: string): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), "mc-size-"));
  try {
    const entry = join(directory, "entry.js");
    await writeFile(entry, source);
    const output = await build({
      configFile: false,
      logLevel: "silent",
      build: {
        write: false,
        minify: true,
        target: "es2022",
        rollupOptions: {
          external: [/^react/],
          input: entry,
          preserveEntrySignatures: "strict",
          output: { format: "es" },
        },
      },
    });
    const [first] = [output].flat();
    if (!first || !("output" in first)) throw new Error("nothing was built");
    const code = first.output.map((chunk) => ("code" in chunk ? chunk.code : "")).join("");
    return gzipSync(code, { level: 9 }).length;
  } finally {
    await rm(directory, { recursive: true });
  }
}

const entry = (name: string) => JSON.stringify(fileURLToPath(new URL(`../src/${name}`, import.meta.url)));
const [index, metrics, security, react] = [
  "index.ts",
  "metrics/index.ts",
  "security/index.ts",
  "react/index.ts",
].map(entry);

/** What the README says that a page pays, in units of 1,024 bytes. */
const PRICES: [what: string, source: string, kilobytes: number][] = [
  ["`MissionControlService`", `export { MissionControlService } from ${index};`, 12.5],
  [
    "the same and `@mission-control/sdk/metrics`",
    `export { MissionControlService } from ${index}; export * from ${metrics};`,
    14,
  ],
  ["everything in `@mission-control/sdk`", `export * from ${index};`, 15],
  ["that and `/metrics`", `export * from ${index}; export * from ${metrics};`, 16.5],
  [
    "that and `/security`, with its cryptography",
    `export * from ${index}; export * from ${metrics}; export * from ${security};`,
    26,
  ],
  [
    "that and `/react`, without React itself",
    `export * from ${index}; export * from ${metrics}; export * from ${security}; export * from ${react};`,
    27.5,
  ],
];

test.each(PRICES)(
  "%s costs what the README says",
  async (what, source, kilobytes) => {
    const size = await bundled(source);
    // An empty bundle would be cheap, too.
    expect(size).toBeGreaterThan(5 * 1024);
    expect(size, `${size} bytes`).toBeLessThanOrEqual(kilobytes * 1024);
    const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
    expect(readme.replaceAll(/ +/g, " ")).toContain(`| ${what} | ${kilobytes} kB |`);
  },
  60_000,
);

test("what is not used is left out", async () => {
  expect(await bundled(`export { COMMANDS } from ${index};`)).toBeLessThan(2 * 1024);
  expect(await bundled(`export { EventPublisher } from ${index};`)).toBeLessThan(1024);
}, 60_000);
