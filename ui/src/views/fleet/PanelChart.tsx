import { memo } from "react";
import type { Chart } from "../../bindings/Chart";
import { timedPath } from "./timedPath";

const WIDTH = 316;
const HEIGHT = 72;

/** The first series of a chart without axes. */
export const PanelChart = memo(function PanelChart({ chart, live }: { chart: Chart; live: boolean }) {
  const colour = live ? "var(--accent)" : "var(--off)";
  const { line, area } = timedPath(
    chart.times,
    chart.series[0]?.values ?? [],
    chart.from,
    chart.to,
    WIDTH,
    HEIGHT,
  );
  return (
    <svg
      role="img"
      aria-label={`${chart.title}, last 30 minutes`}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      className="block h-[72px] w-full border-b border-line"
    >
      {line === "" ? (
        <text x={WIDTH / 2} y={HEIGHT / 2} textAnchor="middle" fontSize="11" fill="var(--text-3)">
          No values in this span
        </text>
      ) : (
        <>
          <path d={area} fill={colour} opacity=".1" />
          <path
            d={line}
            fill="none"
            stroke={colour}
            strokeWidth="1.5"
            strokeLinejoin="round"
            vectorEffect="non-scaling-stroke"
          />
        </>
      )}
    </svg>
  );
});
