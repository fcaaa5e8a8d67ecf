import Papa from "papaparse";
import { type Dataset, rowAt } from "./dataset";

/** How data is written. */
export type ExportFormat = "csv" | "json" | "ndjson";

/** Every format, for a choice. */
export const EXPORT_FORMATS: readonly ExportFormat[] = ["csv", "json", "ndjson"];

const TYPES: Record<ExportFormat, string> = {
  csv: "text/csv",
  json: "application/json",
  ndjson: "application/x-ndjson",
};

/** An export that was made. */
export interface Export {
  readonly id: string;
  readonly name: string;
  readonly format: ExportFormat;
  readonly rows: number;
  readonly blob: Blob;
  /** In ms since 1970. */
  readonly at: number;
}

/** The rows, at most `limit` of them, as a file. */
export function exportBlob(dataset: Dataset, format: ExportFormat, limit = dataset.rowCount): Blob {
  const rows = Math.min(limit, dataset.rowCount);
  const names = dataset.columns.map(({ name }) => name);
  const records = Array.from({ length: rows }, (_, row) => rowAt(dataset, row));
  return new Blob([written(names, records, format)], { type: TYPES[format] });
}

function written(names: string[], records: ReturnType<typeof rowAt>[], format: ExportFormat): string {
  if (format === "csv") {
    // What a spreadsheet would take for a formula is written as text.
    return `${Papa.unparse({ fields: names, data: records }, { newline: "\n", escapeFormulae: true })}\n`;
  }
  const objects = records.map((row) =>
    Object.fromEntries(names.map((name, index) => [name, row[index] ?? null])),
  );
  if (format === "json") return `${JSON.stringify(objects, null, 1)}\n`;
  return objects.map((object) => `${JSON.stringify(object)}\n`).join("");
}
