export type TransferKind = "export" | "archive" | "import";
