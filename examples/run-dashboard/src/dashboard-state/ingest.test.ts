// @vitest-environment node
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Dataset, rowAt } from "./dataset";
import { exportBlob } from "./export";
import { type Ingested, type IngestOptions, ingest } from "./ingest";

const OPTIONS: IngestOptions = { limit: 10_000, freshWithinHours: 168 };

/** A source of these bytes, in pieces of `size`. */
function source(content: string | Uint8Array, size = 7) {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  let at = 0;
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= bytes.length) controller.close();
      else controller.enqueue(bytes.slice(at, at + size));
      at += size;
    },
  });
  return { stream, bytes: bytes.length, modifiedAt: null };
}

const read = (
  content: string | Uint8Array,
  options: Partial<IngestOptions> = {},
  size?: number,
): Promise<Ingested> => ingest(source(content, size), { ...OPTIONS, ...options }, () => {});

const rows = (dataset: Dataset) => Array.from({ length: dataset.rowCount }, (_, row) => rowAt(dataset, row));

const sample = (name: string) => readFileSync(new URL(`../../public/data/${name}`, import.meta.url));

describe("CSV", () => {
  test("is read whatever pieces it comes in, quotes and line ends included", async () => {
    const text = 'name,note,n\r\nada,"one, ""two""\nthree",1\r\nbob,,2\r\n';
    for (const size of [1, 2, 3, 5, 1_000]) {
      const { dataset } = await read(text, {}, size);
      expect(rows(dataset)).toEqual([
        ["ada", 'one, "two"\nthree', 1],
        ["bob", null, 2],
      ]);
    }
  });

  test("is read with the delimiter that its header has", async () => {
    for (const delimiter of [";", "\t", "|"]) {
      const { dataset } = await read(`a${delimiter}b\n1${delimiter}x,y\n`);
      expect(rows(dataset)).toEqual([[1, "x,y"]]);
    }
  });

  test("a row with too few or too many fields is left out and told by row and field", async () => {
    const { dataset, rejected, problems } = await read("a,b,c\n1,2,3\n4,5\n6,7,8,9\n");
    expect(dataset.rowCount).toBe(1);
    expect(rejected).toBe(2);
    expect(problems).toEqual([
      { row: 3, field: "c", message: "it has 2 fields instead of 3" },
      { row: 4, message: "it has 4 fields instead of 3" },
    ]);
  });

  test("a quote that is never closed is told by its row, at the end and long before it", async () => {
    await expect(read('a,b\n1,2\n3,"4\n5,6\n')).rejects.toMatchObject({
      code: "BAD_QUOTES",
      message: expect.stringContaining("row 3 "),
    });
    const endless = `a,b\n1,"2${"x".repeat(1_200_000)}`;
    await expect(read(endless, {}, 65_536)).rejects.toMatchObject({ code: "BAD_QUOTES" });
  });

  test("a malformed quote costs its row only", async () => {
    const { dataset, problems } = await read('a,b\n1,"x"y"\n2,z\n');
    expect(rows(dataset)).toEqual([[2, "z"]]);
    expect(problems[0]).toMatchObject({ row: 2, message: expect.stringContaining("quotes") });
  });

  test("names that come twice, or are missing, are told apart", async () => {
    const { dataset } = await read("a,a,\n1,2,3\n");
    expect(dataset.columns.map(({ name }) => name)).toEqual(["a", "a_2", "column_3"]);
  });

  test("a byte order mark, and UTF-16, are understood", async () => {
    const utf16 = new Uint8Array([
      0xff,
      0xfe,
      ...new Uint8Array(Uint16Array.from([..."a,b\n1,é\n"].map((c) => c.charCodeAt(0))).buffer),
    ]);
    for (const content of ["\ufeffa,b\n1,é\n", utf16]) {
      const { dataset } = await read(content);
      expect(dataset.columns.map(({ name }) => name)).toEqual(["a", "b"]);
      expect(rows(dataset)).toEqual([[1, "é"]]);
    }
  });
});

describe("JSON", () => {
  test("a list of records, an object that holds one, and NDJSON say the same", async () => {
    const records = [
      { a: 1, b: "x", c: true },
      { a: 2, b: null, d: { deep: [1] } },
    ];
    const texts = [
      JSON.stringify(records),
      JSON.stringify({ meta: { version: 3 }, records, others: [{ z: 1 }] }, null, 1),
      records.map((record) => JSON.stringify(record)).join("\n"),
    ];
    for (const text of texts) {
      for (const size of [1, 4, 1_000]) {
        const { dataset } = await read(text, {}, size);
        expect(dataset.columns.map(({ name }) => name)).toEqual(["a", "b", "c", "d"]);
        expect(rows(dataset)).toEqual([
          [1, "x", true, null],
          [2, null, null, '{"deep":[1]}'],
        ]);
      }
    }
  });

  test("what is no record is left out and told by its place", async () => {
    const { dataset, problems } = await read('[{"a":1},7,null,[1],{"a":2}]');
    expect(dataset.rowCount).toBe(2);
    expect(problems.map(({ row }) => row)).toEqual([2, 3, 4]);
    const lines = await read('{"a":1}\nnonsense\n{"a":2}\n');
    expect(lines.dataset.rowCount).toBe(2);
    expect(lines.problems).toMatchObject([{ row: 2, message: expect.stringContaining("not JSON") }]);
  });

  test("a file that breaks off, or is wrong in the middle, is told by the last good record", async () => {
    await expect(read('[{"a":1},{"a":2},{"a"')).rejects.toMatchObject({
      code: "BAD_JSON",
      message: expect.stringContaining("record 2"),
    });
    await expect(read('[{"a":1},{"a":2} oops')).rejects.toMatchObject({ code: "BAD_JSON" });
  });
});

describe("what is no data", () => {
  test.each([
    ["", "EMPTY"],
    [" \n\n", "EMPTY"],
    ["<!DOCTYPE html><html>", "IS_HTML"],
    ["\n<html lang=en>", "IS_HTML"],
    ["a,b\n", "NO_RECORDS"],
    ["[]", "NO_RECORDS"],
    [new Uint8Array([0x50, 0x4b, 3, 4, 0]), "IS_BINARY"],
    [new Uint8Array([0x1f, 0x8b, 8]), "IS_BINARY"],
    [new Uint8Array([1, 0, 2, 3, 4, 5]), "IS_BINARY"],
    [new Uint8Array([0x61, 0x2c, 0xe9, 0x0a, 0x31]), "WRONG_ENCODING"],
  ])("%j is refused as %s", async (content, code) => {
    await expect(read(content, {}, 1_000)).rejects.toMatchObject({ code });
  });

  test("a mistaken delimiter that makes a thousand columns is refused", async () => {
    await expect(read(`${"a,".repeat(600)}b\n`)).rejects.toMatchObject({ code: "TOO_WIDE" });
  });
});

describe("limits, and adding to what is there", () => {
  test("no more rows are held than may be, and that is said", async () => {
    const { dataset, truncated } = await read(`n\n${"1\n".repeat(100)}`, { limit: 10 });
    expect([dataset.rowCount, truncated]).toEqual([10, true]);
    const { truncated: all } = await read("n\n1\n", { limit: 1 });
    expect(all).toBe(false);
  });

  test("rows are added to data of the same columns, in whatever order, and to no other", async () => {
    const { dataset: appendTo } = await read("a,b\n1,x\n");
    const { dataset, added } = await read("b,a\ny,2\n", { appendTo });
    expect(added).toBe(1);
    expect(rows(dataset)).toEqual([
      [1, "x"],
      [2, "y"],
    ]);
    await expect(read("a,c\n1,2\n", { appendTo })).rejects.toMatchObject({
      code: "COLUMNS_DIFFER",
      message: expect.stringContaining('"c" is new, "b" is missing'),
    });
  });

  test("progress never goes back and ends at the end", async () => {
    const seen: number[] = [];
    const text = `n\n${"12345\n".repeat(500)}`;
    await ingest(source(text, 64), OPTIONS, ({ bytesRead }) => seen.push(bytesRead));
    expect(seen.at(-1)).toBe(text.length);
    expect([...seen].sort((one, other) => one - other)).toEqual(seen);
  });
});

describe("the samples", () => {
  test.each([
    ["turbines.csv", 1_728, 95, 100],
    ["turbines-dirty.csv", 800, 40, 75],
    ["forecast.json", 72, 95, 100],
    ["work-orders.ndjson", 160, 95, 100],
  ])("%s is what it says", async (name, fewest, low, high) => {
    const { dataset, quality } = await read(sample(name), {}, 4_096);
    expect(dataset.rowCount).toBeGreaterThanOrEqual(fewest);
    expect(quality.score).toBeGreaterThanOrEqual(low);
    expect(quality.score).toBeLessThanOrEqual(high);
  });
});

test("what is exported as CSV or JSON comes back the same, whatever texts it holds", async () => {
  const text = fc.string({ unit: "grapheme", minLength: 1 }).map((value) => `t${value}`);
  const table = fc.array(fc.tuple(text, fc.integer()), { minLength: 1, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(
      table,
      fc.constantFrom("csv", "json", "ndjson"),
      fc.integer({ min: 1, max: 64 }),
      async (cells, format, size) => {
        const dataset: Dataset = {
          columns: [
            { name: "text", type: "text", values: cells.map(([value]) => value) },
            { name: "number", type: "number", values: cells.map(([, value]) => value) },
          ],
          rowCount: cells.length,
        };
        const blob = exportBlob(dataset, format as "csv");
        const { dataset: back } = await read(new Uint8Array(await blob.arrayBuffer()), {}, size);
        expect(rows(back)).toEqual(rows(dataset));
      },
    ),
    { numRuns: 100 },
  );
});
