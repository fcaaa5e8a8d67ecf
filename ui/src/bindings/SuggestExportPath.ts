import type { FileFormat } from "./FileFormat";
export type SuggestExportPath = { name: string, format: FileFormat, current: string | null };
