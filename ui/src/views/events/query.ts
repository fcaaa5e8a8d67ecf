/** The query with a condition added; the same when it has it already. */
export function withCondition(query: string, condition: string): string {
  const trimmed = query.trim();
  if (trimmed === "") return condition;
  if (hasCondition(trimmed, condition)) return trimmed;
  // What is added must hold for all of it.
  return /(?:^|\s)OR(?:\s|$)/.test(trimmed) ? `(${trimmed}) ${condition}` : `${trimmed} ${condition}`;
}

/** The query without a condition that stands in it by itself. */
export function withoutCondition(query: string, condition: string): string {
  return query
    .replace(new RegExp(`(^|\\s)${escaped(condition)}(?=\\s|$)`), "")
    .replace(/\s+/g, " ")
    .trim();
}

export function hasCondition(query: string, condition: string): boolean {
  return new RegExp(`(^|\\s)${escaped(condition)}(?=\\s|$)`).test(query);
}

/** The query narrowed to a stretch of time: conditions on time that stood in it are replaced. */
export function withinTime(query: string, from: string, to: string): string {
  const rest = query
    .replace(/(^|\s)-?(?:after|before):\S+/gi, " ")
    .replace(/\s+/g, " ")
    .trim();
  const open = withCondition(rest, `after:${from}`);
  return withCondition(open, `before:${to}`);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
