/**
 * The canonical form of a JSON value (RFC 8785): the text that is signed.
 *
 * @throws TypeError for what JSON cannot hold: `undefined`, functions, numbers that are not finite, lone surrogates
 */
export function canonicalize(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalize).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const members = value as Record<string, unknown>;
    // The default order compares UTF-16 code units, which is what the RFC asks for.
    const names = Object.keys(members).sort();
    return `{${names.map((name) => `${canonicalize(name)}:${canonicalize(members[name])}`).join(",")}}`;
  }
  // ECMAScript writes numbers and strings as the RFC wants them; it is where the RFC has that from.
  const unfit =
    (typeof value === "number" && !Number.isFinite(value)) ||
    (typeof value === "string" && /\p{Surrogate}/u.test(value)) ||
    !["string", "number", "boolean", "object"].includes(typeof value);
  if (unfit) throw new TypeError(`${String(value)} has no canonical JSON form`);
  return JSON.stringify(value);
}
