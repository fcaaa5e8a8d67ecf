/** Why data could not be ingested, for a program to act on. */
export type IngestionErrorCode =
  | "NO_SOURCE"
  | "NOT_FOUND"
  | "UNREACHABLE"
  | "HTTP_ERROR"
  | "EMPTY"
  | "IS_HTML"
  | "IS_BINARY"
  | "WRONG_ENCODING"
  | "BAD_QUOTES"
  | "BAD_JSON"
  | "NO_RECORDS"
  | "TOO_WIDE"
  | "COLUMNS_DIFFER"
  | "UNREADABLE"
  | "CANCELLED";

/** Why data could not be ingested: a sentence that says what to do, and the place where one is known. */
export class IngestionError extends Error {
  override readonly name = "IngestionError";

  constructor(
    readonly code: IngestionErrorCode,
    message: string,
  ) {
    super(message);
  }
}
