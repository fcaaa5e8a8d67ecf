export interface SparkPath {
  /** The line, broken where there is a gap. */
  line: string;
  /** What lies under the line. */
  area: string;
}

/** A series as SVG paths in a box of `width` by `height`. Values stand on their own scale, which begins at zero. */
export function sparkPath(values: ReadonlyArray<number | null>, width: number, height: number): SparkPath {
  const known = values.filter((value): value is number => value !== null && Number.isFinite(value));
  if (known.length === 0 || values.length < 2) return { line: "", area: "" };
  const top = Math.max(...known);
  const low = Math.min(...known);
  // A line that hardly moves stands in the middle; one that moves uses the height.
  const floor = Math.max(0, low - (top - low) * 0.6 - top * 0.05);
  const span = top - floor || 1;
  const x = (index: number) => ((index / (values.length - 1)) * width).toFixed(1);
  const y = (value: number) => (height - 2 - ((value - floor) / span) * (height - 4)).toFixed(1);

  let line = "";
  let area = "";
  let run: string[] = [];
  let start = 0;
  const end = (next: number) => {
    if (run.length > 1) {
      const text = run.join("L");
      line += `M${text}`;
      area += `M${x(start)} ${height}L${text}L${x(next - 1)} ${height}Z`;
    } else if (run.length === 1) {
      line += `M${run[0]}h.1`;
    }
    run = [];
  };
  values.forEach((value, index) => {
    if (value === null || !Number.isFinite(value)) {
      end(index);
      return;
    }
    if (run.length === 0) start = index;
    run.push(`${x(index)} ${y(value)}`);
  });
  end(values.length);
  return { line, area };
}
