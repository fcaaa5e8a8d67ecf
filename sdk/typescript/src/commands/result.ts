/** A `Blob` as it travels in a command's result. */
export interface BlobResult {
  /** Its MIME type; empty when unknown. */
  readonly type: string;
  /** In bytes. */
  readonly size: number;
  /** How `data` is written. */
  readonly encoding: "utf-8" | "base64";
  /** The content. */
  readonly data: string;
}

const TEXTUAL = /^text\/|json|csv|xml|javascript/;

/** Makes a handler's return value fit for the wire. */
export async function presentable(value: unknown): Promise<unknown> {
  if (typeof Blob === "undefined" || !(value instanceof Blob)) return value;
  const { type, size } = value;
  if (TEXTUAL.test(type)) {
    return { type, size, encoding: "utf-8", data: await value.text() } satisfies BlobResult;
  }
  const bytes = new Uint8Array(await value.arrayBuffer());
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return { type, size, encoding: "base64", data: btoa(binary) } satisfies BlobResult;
}
