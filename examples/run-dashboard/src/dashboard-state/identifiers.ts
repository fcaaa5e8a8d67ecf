/** A short id that no other thing of its kind has: `wf-3f9a1c`. Works on pages without a secure context, too. */
export function newId(prefix: string): string {
  const bytes = crypto.getRandomValues(new Uint8Array(4));
  return `${prefix}-${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
