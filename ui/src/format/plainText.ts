// Marks that change the direction or the joining of the text around them, and invisible ones.
const invisible = /[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g;

/**
 * Text from outside, made harmless: marks that could reorder what stands around it are removed, control characters are
 * shown as the replacement character. Line breaks and tabs are kept.
 */
export function plainText(text: string): string {
  return text.replace(/\r\n?/g, "\n").replace(invisible, "").replace(control, "\ufffd");
}

/** The same on one line. */
export function plainLine(text: string): string {
  return plainText(text).replace(/\s+/g, " ").trim();
}
