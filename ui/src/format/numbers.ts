const integer = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const oneDecimal = new Intl.NumberFormat("en-US", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const short = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 3 });

/** Shown where there is no number. */
export const NO_VALUE = "–";

/** A count, such as 1,204,118. */
export function formatCount(value: number | null | undefined): string {
  return isNumber(value) ? integer.format(value) : NO_VALUE;
}

/** One decimal, such as 2.1. */
export function formatDecimal(value: number | null | undefined): string {
  return isNumber(value) ? oneDecimal.format(value) : NO_VALUE;
}

/** Whole where that says enough (from 10 on), else one decimal. */
export function formatCompact(value: number | null | undefined): string {
  if (!isNumber(value)) return NO_VALUE;
  return Math.abs(value) >= 10 || Number.isInteger(value) ? integer.format(value) : oneDecimal.format(value);
}

const byteUnits = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;

/** Bytes in binary units, such as 3.2 GiB. */
export function formatBytes(bytes: number | null | undefined): string {
  if (!isNumber(bytes)) return NO_VALUE;
  let amount = bytes;
  let unit = 0;
  while (Math.abs(amount) >= 1024 && unit < byteUnits.length - 1) {
    amount /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? integer.format(amount) : short.format(amount)} ${byteUnits[unit]}`;
}

/** A value in a chart's unit: `ms`, `%`, `B`, `B/s`, `/s`, or empty for a count. */
export function formatUnit(value: number | null | undefined, unit: string): string {
  if (!isNumber(value)) return NO_VALUE;
  if (unit === "B") return formatBytes(value);
  if (unit === "B/s") return `${formatBytes(value)}/s`;
  if (unit === "ms" && Math.abs(value) >= 10_000) return formatMilliseconds(value);
  const number =
    Math.abs(value) >= 100 || Number.isInteger(value) ? integer.format(value) : short.format(value);
  return unit === "" ? number : `${number} ${unit}`;
}

function formatMilliseconds(value: number): string {
  const seconds = value / 1000;
  if (seconds < 120) return `${short.format(seconds)} s`;
  if (seconds < 7200) return `${short.format(seconds / 60)} min`;
  return `${short.format(seconds / 3600)} h`;
}

function isNumber(value: number | null | undefined): value is number {
  return typeof value === "number" && Number.isFinite(value);
}
