import { type QualityPart, type QualityReport, WEIGHTS } from "../../dashboard-state/quality";
import { formatPercent } from "../format";
import { ProgressBar } from "./ProgressBar";
import { qualityTone } from "./StatusMark";

const RADIUS = 42;
const ROUND = 2 * Math.PI * RADIUS;

/** The score as a ring with the threshold on it, and its parts. */
export function QualityScore({ quality, threshold }: { quality: QualityReport; threshold: number }) {
  const tone = qualityTone(quality.score, threshold);
  const angle = (threshold / 100) * 2 * Math.PI - Math.PI / 2;
  const at = (radius: number) => [48 + radius * Math.cos(angle), 48 + radius * Math.sin(angle)];
  const [x1, y1] = at(36);
  const [x2, y2] = at(47);
  return (
    <div className="score">
      <svg viewBox="0 0 96 96" role="img" aria-label={`Quality ${quality.score} %, threshold ${threshold} %`}>
        <circle cx="48" cy="48" r={RADIUS} fill="none" stroke="var(--line)" strokeWidth="6" />
        <circle
          cx="48"
          cy="48"
          r={RADIUS}
          fill="none"
          stroke={`var(--${tone})`}
          strokeWidth="6"
          strokeDasharray={`${(quality.score / 100) * ROUND} ${ROUND}`}
          transform="rotate(-90 48 48)"
        />
        <line x1={x1} y1={y1} x2={x2} y2={y2} stroke="var(--text)" strokeWidth="2" />
        <text
          x="48"
          y="46"
          textAnchor="middle"
          fontSize="21"
          fontWeight="620"
          fill="var(--text)"
          dominantBaseline="middle"
          data-testid="quality-score"
        >
          {quality.score.toFixed(1)}
        </text>
        <text x="48" y="66" textAnchor="middle" fontSize="10" fill="var(--text-3)">
          of 100
        </text>
      </svg>
      <div className="parts">
        {(Object.keys(WEIGHTS) as QualityPart[]).map((part) => (
          <QualityPartRow key={part} part={part} value={quality.parts[part]} />
        ))}
      </div>
    </div>
  );
}

function QualityPartRow({ part, value }: { part: QualityPart; value: number | null }) {
  return (
    <>
      <span className="dim">{part.charAt(0).toUpperCase() + part.slice(1)}</span>
      <ProgressBar part={value === null ? 0 : value / 100} label={part} />
      <span className="number">{formatPercent(value)}</span>
    </>
  );
}
