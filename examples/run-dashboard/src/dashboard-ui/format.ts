const COUNT = new Intl.NumberFormat("en");
const SHORT = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });
const TIME = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** 12,345 */
export function formatCount(value: number): string {
  return COUNT.format(value);
}

/** A measured number in four digits. */
export function formatNumber(value: number): string {
  return SHORT.format(value);
}

/** 14:07:32, of a time in ms since 1970. */
export function formatTime(at: number): string {
  return TIME.format(at);
}

/** 97.3 %; a dash for what is not known. */
export function formatPercent(value: number | null): string {
  return value === null ? "–" : `${value.toFixed(1)} %`;
}

/** 1.4 MB */
export function formatBytes(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${(bytes / 1_000).toFixed(1)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** 850 ms, 12.4 s, 3 min 20 s */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1_000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1_000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}
