import { memo } from "react";
import type { Status } from "../../bindings/Status";
import { sparkPath } from "./sparkPath";

const WIDTH = 228;
const HEIGHT = 28;

interface SparklineProps {
  values: ReadonlyArray<number | null>;
  status: Status;
  label: string;
}

/** A series in little. Two SVG paths: cheap to paint, and painted anew only when the series has changed. */
export const Sparkline = memo(function Sparkline({ values, status, label }: SparklineProps) {
  const { line, area } = sparkPath(values, WIDTH, HEIGHT);
  const colour =
    status === "critical" || status === "serious"
      ? `var(--${status})`
      : status === "off"
        ? "var(--off)"
        : "var(--accent)";
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      className="block h-7 w-full"
    >
      {line === "" ? (
        <path d={`M0 ${HEIGHT - 2}H${WIDTH}`} stroke="var(--line-strong)" strokeDasharray="2 4" />
      ) : (
        <>
          <path d={area} fill={colour} opacity=".1" />
          <path
            d={line}
            fill="none"
            stroke={colour}
            strokeWidth="1.4"
            strokeLinejoin="round"
            vectorEffect="non-scaling-stroke"
          />
        </>
      )}
    </svg>
  );
});
