import type { SparkPath } from "./sparkPath";

/** A series over time as SVG paths; broken where a value is missing. */
export function timedPath(
  times: readonly number[],
  values: ReadonlyArray<number | null>,
  from: number,
  to: number,
  width: number,
  height: number,
): SparkPath {
  const known = values.filter((value): value is number => value !== null && Number.isFinite(value));
  if (known.length === 0 || to <= from) return { line: "", area: "" };
  const top = Math.max(...known) * 1.08 || 1;
  const x = (time: number) => (((time - from) / (to - from)) * width).toFixed(1);
  const y = (value: number) => (height - (Math.max(0, value) / top) * (height - 4)).toFixed(1);

  let line = "";
  let area = "";
  let run: Array<{ x: string; y: string }> = [];
  const end = () => {
    const first = run[0];
    const last = run.at(-1);
    if (first && last) {
      const text = run.map((point) => `${point.x} ${point.y}`).join("L");
      line += run.length === 1 ? `M${text}h.1` : `M${text}`;
      if (run.length > 1) area += `M${first.x} ${height}L${text}L${last.x} ${height}Z`;
    }
    run = [];
  };
  times.forEach((time, index) => {
    const value = values[index];
    if (value === null || value === undefined || !Number.isFinite(value)) end();
    else run.push({ x: x(time), y: y(value) });
  });
  end();
  return { line, area };
}
