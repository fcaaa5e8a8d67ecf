/** Names of the desktop's sound theme that are offered; a name set elsewhere is offered beside them. */
const offered = [
  "dialog-error",
  "dialog-warning",
  "dialog-information",
  "alarm-clock-elapsed",
  "bell",
  "complete",
  "message-new-instant",
];

/** The sounds to choose from; the empty name is silence. */
export function soundOptions(chosen: string): ReadonlyArray<{ value: string; label: string }> {
  const names = chosen === "" || offered.includes(chosen) ? offered : [...offered, chosen];
  return [{ value: "", label: "silent" }, ...names.map((name) => ({ value: name, label: name }))];
}
