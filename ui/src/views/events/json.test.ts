import { expect, test } from "vitest";
import { jsonLines, MOST_LINES, quoted } from "./json";

const text = (value: Parameters<typeof jsonLines>[0]) =>
  jsonLines(value)
    .map(
      ({ depth, name, text, comma }) =>
        `${"  ".repeat(depth)}${name === null ? "" : `${JSON.stringify(name)}: `}${text}${comma ? "," : ""}`,
    )
    .join("\n");

test("a record is written out as JSON.stringify would", () => {
  const record = {
    type: "X",
    payload: { n: 1.5, ok: true, none: null, list: [1, { a: "b" }], e: {}, f: [] },
  };
  expect(text(record)).toBe(JSON.stringify(record, null, 2));
  expect(text("only a text")).toBe('"only a text"');
});

test("each value has the condition that asks for it", () => {
  const record = {
    payload: { recordCount: 12, source: "the file", rows: [{ id: 7 }], "odd name": 1, none: null },
  };
  const conditions = jsonLines(record).flatMap((line) => line.condition ?? []);
  expect(conditions).toEqual([
    "body.payload.recordCount:12",
    'body.payload.source:"the file"',
    "body.payload.rows.id:7",
  ]);
  expect(quoted('say "so"')).toBe('"say \\"so\\""');
});

test("a huge record does not make a huge page", () => {
  expect(jsonLines(Array(100_000).fill(1)).length).toBeLessThanOrEqual(MOST_LINES + 1);
});
