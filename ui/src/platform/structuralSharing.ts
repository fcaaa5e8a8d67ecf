/**
 * `next`, with every part that equals the same part of `previous` replaced by it. Models are pushed whole; with shared
 * parts, components compare by reference and only what changed is drawn again.
 */
export function shareStructure<T>(previous: unknown, next: T): T {
  if (Object.is(previous, next)) return next;
  if (typeof previous !== "object" || typeof next !== "object" || previous === null || next === null)
    return next;
  if (Array.isArray(previous) !== Array.isArray(next)) return next;

  if (Array.isArray(previous) && Array.isArray(next)) {
    const shared = next.map((item: unknown, index) => shareStructure(previous[index], item));
    const same =
      shared.length === previous.length && shared.every((item, index) => Object.is(item, previous[index]));
    return (same ? previous : shared) as T;
  }

  const before = previous as Record<string, unknown>;
  const after = next as Record<string, unknown>;
  const keys = Object.keys(after);
  let same = keys.length === Object.keys(before).length;
  const shared: Record<string, unknown> = {};
  for (const key of keys) {
    shared[key] = shareStructure(before[key], after[key]);
    if (!(key in before) || !Object.is(shared[key], before[key])) same = false;
  }
  return (same ? previous : shared) as T;
}
