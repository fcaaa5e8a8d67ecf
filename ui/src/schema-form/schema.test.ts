import { describe, expect, it } from "vitest";
import { catalogue } from "../platform/fixture/catalogue";
import { readNumber } from "./scalarFields";
import {
  asSchema,
  fieldPointers,
  hintOf,
  initialValue,
  kindOf,
  labelOf,
  pointerTo,
  takesNothing,
  withProperty,
} from "./schema";

describe("a schema", () => {
  it.each([
    [{ type: "string" }, "string"],
    [{ type: ["string", "null"] }, "string"],
    [{ type: ["string", "number"] }, "json"],
    [{ type: "integer" }, "integer"],
    [{ type: "boolean" }, "boolean"],
    [{ enum: [1, "a", null] }, "enum"],
    [{ type: "object" }, "json"],
    [{ type: "object", properties: { a: {} } }, "object"],
    [{ properties: { a: {} } }, "object"],
    [{ type: "array", items: { type: "string" } }, "array"],
    [{ type: "array" }, "json"],
    [{ oneOf: [{}] }, "json"],
    [{}, "json"],
  ] as const)("%j is asked for as %s", (schema, kind) => {
    expect(kindOf(asSchema(structuredClone(schema) as never))).toBe(kind);
  });

  it("begins with its defaults", () => {
    const ingest = catalogue.find((one) => one.type === "INGEST_DATA");
    expect(initialValue(asSchema(ingest?.payloadSchema))).toEqual({ params: { mode: "append" } });
    expect(initialValue(asSchema({ type: "object", properties: { a: { type: "string" } } }))).toBeUndefined();
  });

  it("says what a value may be", () => {
    expect(hintOf({ minimum: 1, maximum: 10_000_000 })).toBe("1 to 10,000,000");
    expect(hintOf({ minLength: 1 })).toBeNull();
    expect(hintOf({ minLength: 3, pattern: "^a" })).toBe("at least 3 characters, matching ^a");
    expect(hintOf({ exclusiveMinimum: 0, multipleOf: 5 })).toBe("more than 0, a multiple of 5");
  });

  it("names a field by its title, else by its name", () => {
    expect(labelOf({ title: "At most" }, "limit")).toBe("At most");
    expect(labelOf({}, "workflowId")).toBe("Workflow id");
  });

  it("has a form without fields when it takes nothing", () => {
    expect(takesNothing({ type: "object", properties: {} })).toBe(true);
    expect(takesNothing({ type: "object", additionalProperties: true })).toBe(false);
    expect(takesNothing({ type: "string" })).toBe(false);
  });

  it("points to its fields, and escapes their names", () => {
    const schema = asSchema({
      properties: { "a/b": { type: "string" }, list: { type: "array", items: { type: "string" } } },
    });
    expect(fieldPointers(schema, { list: ["x"] })).toEqual(["/a~1b", "/list", "/list/0"]);
    expect(pointerTo("", "m~n")).toBe("/m~0n");
  });
});

it("a property without a value is left out", () => {
  expect(withProperty({ a: 1, b: 2 }, "a", undefined)).toEqual({ b: 2 });
  expect(withProperty(undefined, "a", 0)).toEqual({ a: 0 });
});

it("a text that is no number is kept, so that the validator can say so", () => {
  expect(readNumber("12.5")).toBe(12.5);
  expect(readNumber(" ")).toBeUndefined();
  expect(readNumber("many")).toBe("many");
});
