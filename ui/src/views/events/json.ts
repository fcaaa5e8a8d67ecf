import type { JsonValue } from "../../bindings/serde_json/JsonValue";

/** One line of a JSON text that is written out, and what it says. */
export interface JsonLine {
  depth: number;
  /** The name before the value; null in a list and for what closes. */
  name: string | null;
  /** The value, or the bracket that opens or closes one. */
  text: string;
  comma: boolean;
  /** The condition that asks for this value; null where there is none to ask for. */
  condition: string | null;
}

/** Lines that are written out at most: a record can be a megabyte. */
export const MOST_LINES = 5_000;

/** Names that stand in a condition as they are. */
const plain = /^[A-Za-z_][A-Za-z0-9_-]*$/;

/** Writes out a JSON value, a line for each value. */
export function jsonLines(value: JsonValue): JsonLine[] {
  const lines: JsonLine[] = [];
  const write = (
    one: JsonValue,
    depth: number,
    name: string | null,
    path: string | null,
    comma: boolean,
  ): void => {
    if (lines.length >= MOST_LINES) return;
    if (one === null || typeof one !== "object") {
      lines.push({
        depth,
        name,
        text: JSON.stringify(one),
        comma,
        condition: path && conditionOf(path, one),
      });
      return;
    }
    const isList = Array.isArray(one);
    const entries: Array<[string | null, JsonValue]> = isList
      ? one.map((item) => [null, item])
      : Object.entries(one).map(([key, item]) => [key, item ?? null]);
    const [open, close] = isList ? ["[", "]"] : ["{", "}"];
    if (entries.length === 0) {
      lines.push({ depth, name, text: open + close, comma, condition: null });
      return;
    }
    lines.push({ depth, name, text: open, comma: false, condition: null });
    for (const [index, [key, item]] of entries.entries()) {
      // The language goes through lists by itself.
      const inner = key === null ? path : path !== null && plain.test(key) ? `${path}.${key}` : null;
      write(item, depth + 1, key, inner, index < entries.length - 1);
    }
    lines.push({ depth, name: null, text: close, comma, condition: null });
  };
  write(value, 0, null, "body", false);
  return lines;
}

/** The condition for a value at a path of a record's body. */
function conditionOf(path: string, value: string | number | boolean | null): string | null {
  if (path === "body" || value === null || value === "") return null;
  if (typeof value === "string" && value.length > 200) return null;
  return `${path}:${quoted(String(value))}`;
}

/** A value as the query language takes it. */
export function quoted(value: string): string {
  return /^[\w.-]+$/.test(value) ? value : `"${value.replace(/(["\\])/g, "\\$1")}"`;
}
