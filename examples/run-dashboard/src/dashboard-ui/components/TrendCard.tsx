import { useMemo, useState } from "react";
import { type TrendPoint, trend } from "../../analysis/trend";
import { numericColumns } from "../../dashboard-state/dataset";
import { useDashboardState } from "../dashboard-context";
import { formatNumber } from "../format";

const STRETCHES = 144;
const [WIDTH, HEIGHT] = [1_000, 160];
const DAY_AND_TIME = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  timeZone: "UTC",
});

/** A measure over time: its mean, and between which values it lay. Only where the data has times. */
export function TrendCard() {
  const dataset = useDashboardState(({ data }) => data.dataset);
  const [chosen, setChosen] = useState("");
  const times = dataset?.columns.find(({ type }) => type === "date");
  const measures = dataset ? numericColumns(dataset) : [];
  const measure = measures.find(({ name }) => name === chosen) ?? measures[0];
  const points = useMemo(() => (times && measure ? trend(times, measure, STRETCHES) : []), [times, measure]);
  const [first, last] = [points[0], points.at(-1)];
  if (!measure || !first || !last || points.length < 2) return null;
  const lowest = Math.min(...points.map((point) => point.lowest));
  const highest = Math.max(...points.map((point) => point.highest));
  return (
    <section className="card trend" aria-label="Over time">
      <header>
        <h2 className="grow">Over time</h2>
        <span className="faint">mean, lowest and highest of all rows · UTC</span>
        <select
          className="field"
          aria-label="Measure"
          value={measure.name}
          onChange={(event) => setChosen(event.target.value)}
        >
          {measures.map(({ name }) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </header>
      <div className="trend-chart">
        <span className="faint">{formatNumber(highest)}</span>
        <TrendLines points={points} lowest={lowest} highest={highest} label={measure.name} />
        <span className="faint">{formatNumber(lowest)}</span>
        <div className="row faint">
          <span className="grow">{DAY_AND_TIME.format(first.at)}</span>
          <span>{DAY_AND_TIME.format(last.at)}</span>
        </div>
      </div>
    </section>
  );
}

interface TrendLinesProps {
  points: readonly TrendPoint[];
  lowest: number;
  highest: number;
  label: string;
}

function TrendLines({ points, lowest, highest, label }: TrendLinesProps) {
  const from = points[0]?.at ?? 0;
  const span = (points.at(-1)?.at ?? 1) - from || 1;
  const place = (at: number, value: number) => {
    const y = HEIGHT - 2 - ((value - lowest) / (highest - lowest || 1)) * (HEIGHT - 4);
    return `${(((at - from) / span) * WIDTH).toFixed(1)} ${y.toFixed(1)}`;
  };
  const upper = points.map(({ at, highest: value }) => place(at, value));
  const lower = points.map(({ at, lowest: value }) => place(at, value)).reverse();
  const middle = points.map(({ at, mean }) => place(at, mean));
  return (
    <svg
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`${label} over time`}
    >
      <path d={`M${[...upper, ...lower].join("L")}Z`} fill="var(--accent)" opacity="0.16" />
      <path
        d={`M${middle.join("L")}`}
        fill="none"
        stroke="var(--accent)"
        strokeWidth="1.5"
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  );
}
