export type FileFormat = "csv" | "ndjson" | "parquet" | "archive";
