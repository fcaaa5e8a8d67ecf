import type { ExportSubject } from "./ExportSubject";
import type { FileFormat } from "./FileFormat";
export type StartExport = { subject: ExportSubject, format: FileFormat, path: string, replace: boolean };
