import { type Cell, type Column, type ColumnType, isDate } from "./dataset";

/** Part of a column's filled cells that must read as a type for the column to be of that type. */
const MAJORITY = 0.8;

/** How people write that there is nothing. */
const MISSING = new Set(["", "na", "n/a", "nan", "null", "none", "-"]);

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** What a cell says once it is known what its column holds; the text itself where it does not fit. */
export function parseCell(text: string, type: ColumnType): Cell {
  const trimmed = text.trim();
  if (MISSING.has(trimmed.toLowerCase())) return null;
  if (type === "number" && NUMBER.test(trimmed)) return Number(trimmed);
  if (type === "boolean" && /^(?:true|false)$/i.test(trimmed)) return trimmed.toLowerCase() === "true";
  return type === "date" ? trimmed : text;
}

/** The type that most of the filled cells have; `text` where no type has four fifths of them. */
export function inferType(values: readonly Cell[]): ColumnType {
  let filled = 0;
  const count = { number: 0, boolean: 0, date: 0 };
  for (const value of values) {
    const kind = kindOf(value);
    if (kind === "missing") continue;
    filled += 1;
    if (kind !== "text") count[kind] += 1;
  }
  if (filled === 0) return "text";
  for (const type of ["number", "boolean", "date"] as const) {
    if (count[type] >= filled * MAJORITY) return type;
  }
  return "text";
}

function kindOf(value: Cell): ColumnType | "missing" {
  if (value === null) return "missing";
  if (typeof value !== "string") return typeof value as "number" | "boolean";
  const text = value.trim();
  if (MISSING.has(text.toLowerCase())) return "missing";
  if (NUMBER.test(text)) return "number";
  if (/^(?:true|false)$/i.test(text)) return "boolean";
  return isDate(text) ? "date" : "text";
}

/** A column of raw cells, typed. */
export function typedColumn(name: string, raw: readonly Cell[]): Column {
  const type = inferType(raw);
  const values = raw.map((value): Cell => {
    if (typeof value === "string") return parseCell(value, type);
    // JSON says what it means; in a column of texts, its numbers are texts too.
    return type === "text" && value !== null ? String(value) : value;
  });
  return { name, type, values };
}
