import { IngestionError } from "./ingestion-error";

/** A piece of decoded text, and how many bytes were read up to its end. */
export interface TextPiece {
  readonly text: string;
  readonly bytesRead: number;
}

/** Text of a stream of bytes, piece by piece, once its beginning has been looked at. */
export async function* decodedText(stream: ReadableStream<Uint8Array>): AsyncGenerator<TextPiece> {
  const reader = stream.getReader();
  let decoder: TextDecoder | undefined;
  let bytesRead = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (value && value.length > 0) {
        decoder ??= decoderFor(value);
        const before = bytesRead;
        bytesRead += value.length;
        yield { text: decode(decoder, value, before), bytesRead };
      }
      if (!done) continue;
      if (!decoder) throw new IngestionError("EMPTY", "the source is empty: it has no bytes at all");
      const rest = decode(decoder, undefined, bytesRead);
      if (rest) yield { text: rest, bytesRead };
      return;
    }
  } finally {
    // Whoever stops early wants no more of it.
    await reader.cancel().catch(() => {});
  }
}

function decode(decoder: TextDecoder, bytes: Uint8Array | undefined, before: number): string {
  try {
    return bytes ? decoder.decode(bytes, { stream: true }) : decoder.decode();
  } catch {
    throw new IngestionError(
      "WRONG_ENCODING",
      `the text is not ${decoder.encoding.toUpperCase()} somewhere after byte ${before}: save the file as UTF-8`,
    );
  }
}

/** Chooses the decoder by the byte order mark, and refuses what is no text. */
function decoderFor(start: Uint8Array): TextDecoder {
  const [first, second, third, fourth] = start;
  const starts = (...bytes: number[]) => bytes.every((byte, index) => start[index] === byte);
  if (starts(0x1f, 0x8b)) throw binary("a gzip archive: unpack it first");
  if (starts(0x50, 0x4b, 0x03, 0x04)) throw binary("a ZIP archive or an Excel workbook: export it as CSV");
  if (starts(0x25, 0x50, 0x44, 0x46)) throw binary("a PDF document: export the table as CSV");
  if (starts(0xff, 0xfe)) return new TextDecoder("utf-16le", { fatal: true });
  if (starts(0xfe, 0xff)) return new TextDecoder("utf-16be", { fatal: true });
  if (first !== undefined && second === 0 && third !== 0 && fourth === 0) {
    return new TextDecoder("utf-16le", { fatal: true });
  }
  if (start.subarray(0, 4096).includes(0)) throw binary("binary data, not text");
  return new TextDecoder("utf-8", { fatal: true });
}

function binary(what: string): IngestionError {
  return new IngestionError("IS_BINARY", `the source is ${what}`);
}
