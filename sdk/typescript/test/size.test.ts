import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "vite";
import { expect, test } from "vitest";

const BUDGET = 15 * 1024;

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
        rollupOptions: { input: entry, preserveEntrySignatures: "strict", output: { format: "es" } },
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

const index = JSON.stringify(fileURLToPath(new URL("../src/index.ts", import.meta.url)));

test("all that a dashboard needs stays within the budget", async () => {
  const size = await bundled(`export * from ${index};`);
  // An empty bundle would pass, too.
  expect(size).toBeGreaterThan(5 * 1024);
  expect(size, `${size} bytes`).toBeLessThanOrEqual(BUDGET);
}, 60_000);

test("what is not used is left out", async () => {
  expect(await bundled(`export { COMMANDS } from ${index};`)).toBeLessThan(2 * 1024);
  expect(await bundled(`export { EventPublisher } from ${index};`)).toBeLessThan(1024);
}, 60_000);
