import { type KeyboardEvent, memo, type PointerEvent, useRef, useState } from "react";
import type { Timeline } from "../../bindings/Timeline";
import { useWidth } from "../../components/useWidth";
import { plainLine } from "../../format/plainText";
import { formatInstant, formatTime, milliseconds } from "../../format/times";
import { MissingHatch } from "../missing/MissingHatch";
import { instantAt, placeOf, type Stretch, ticksOf } from "./span";

const HEIGHT = 34;

interface ScrubTrackProps {
  stretch: Stretch;
  timeline: Timeline | null;
  /** The instant shown. */
  at: number;
  isPast: boolean;
  onSeek: (at: number) => void;
}

/** The record from end to end: how much came in when, which alerts were raised, and the instant that is shown. */
export function ScrubTrack({ stretch, timeline, at, isPast, onSeek }: ScrubTrackProps) {
  const frame = useRef<HTMLDivElement>(null);
  const width = useWidth(frame);
  const [pointed, setPointed] = useState<number | null>(null);
  const dragging = useRef(false);

  const instantOf = (event: PointerEvent<HTMLElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    return instantAt((event.clientX - box.left) / Math.max(1, box.width), stretch);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = (stretch.to - stretch.from) / (event.shiftKey ? 20 : 200);
    const to = {
      ArrowLeft: at - step,
      ArrowRight: at + step,
      PageUp: at - step * 10,
      PageDown: at + step * 10,
      Home: stretch.from,
      End: stretch.to,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    onSeek(Math.round(Math.max(stretch.from, Math.min(stretch.to, to))));
  };

  const place = placeOf(at, stretch) * 100;
  return (
    <div className="relative min-w-0 flex-1 pb-4" ref={frame}>
      <div
        role="slider"
        tabIndex={0}
        aria-label="Instant shown"
        aria-valuemin={stretch.from}
        aria-valuemax={stretch.to}
        aria-valuenow={at}
        aria-valuetext={isPast ? formatInstant(at) : "Live"}
        data-testid="scrub-track"
        onKeyDown={onKeyDown}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          event.currentTarget.setPointerCapture?.(event.pointerId);
          dragging.current = true;
          onSeek(instantOf(event));
        }}
        onPointerMove={(event) => {
          const instant = instantOf(event);
          setPointed(instant);
          if (dragging.current) onSeek(instant);
        }}
        onPointerUp={() => {
          dragging.current = false;
        }}
        onPointerCancel={() => {
          dragging.current = false;
        }}
        onPointerLeave={() => setPointed(null)}
        className="relative h-[34px] cursor-col-resize touch-none overflow-hidden rounded-md border border-line bg-bg"
      >
        <MissingHatch from={stretch.from} to={stretch.to} />
        <TrackDrawing stretch={stretch} timeline={timeline} />
        {isPast && (
          <div
            aria-hidden="true"
            className="absolute inset-y-0 right-0 bg-surface opacity-60"
            style={{ left: `${place}%` }}
          />
        )}
        {pointed !== null && (
          <div
            aria-hidden="true"
            className="absolute inset-y-0 w-px bg-line-strong"
            style={{ left: `${placeOf(pointed, stretch) * 100}%` }}
          />
        )}
        <div
          aria-hidden="true"
          data-testid="playhead"
          className={`absolute inset-y-0 w-0.5 -translate-x-1/2 ${isPast ? "bg-accent" : "bg-normal"}`}
          style={{ left: `${place}%` }}
        />
      </div>
      <div
        aria-hidden="true"
        className="pointer-events-none absolute inset-x-0 bottom-0 h-4 text-2xs text-fg-3"
      >
        {ticksOf(stretch, Math.max(2, Math.floor(width / 90))).map((tick) => (
          <span
            key={tick.at}
            className="absolute -translate-x-1/2 font-mono"
            style={{ left: `${placeOf(tick.at, stretch) * 100}%` }}
          >
            {tick.label}
          </span>
        ))}
        {pointed !== null && (
          <span
            className="absolute -translate-x-1/2 rounded-sm bg-overlay px-1 font-mono text-fg"
            style={{ left: `${Math.min(97, Math.max(3, placeOf(pointed, stretch) * 100))}%` }}
          >
            {formatTime(pointed)}
          </span>
        )}
      </div>
    </div>
  );
}

const colours = {
  critical: "var(--critical)",
  serious: "var(--serious)",
  caution: "var(--caution)",
} as const;

/** The bars and marks; drawn again only when what they show changes. */
const TrackDrawing = memo(function TrackDrawing({
  stretch,
  timeline,
}: {
  stretch: Stretch;
  timeline: Timeline | null;
}) {
  if (!timeline) return null;
  const [from, to] = [milliseconds(timeline.from) ?? stretch.from, milliseconds(timeline.to) ?? stretch.to];
  const most = Math.max(1, ...timeline.records);
  const length = timeline.records.length;
  const x = (at: number) => ((at - stretch.from) / Math.max(1, stretch.to - stretch.from)) * 1000;
  const bar = (x(to) - x(from)) / length;
  const bars = timeline.records.map((records, index) => {
    if (records === 0) return "";
    const height = Math.max(1.5, Math.sqrt(records / most) * (HEIGHT - 8));
    return `M${(x(from) + index * bar).toFixed(1)} ${HEIGHT}v${(-height).toFixed(1)}h${Math.max(1, bar - 0.6).toFixed(1)}v${height.toFixed(1)}z`;
  });
  return (
    <svg
      aria-hidden="true"
      viewBox={`0 0 1000 ${HEIGHT}`}
      preserveAspectRatio="none"
      className="absolute inset-0 size-full"
    >
      <path d={bars.join("")} fill="var(--text-3)" opacity=".45" />
      {timeline.alerts.map((alert) => {
        const colour = colours[alert.status as keyof typeof colours];
        return colour ? (
          <rect
            key={`${alert.hub}/${alert.alertId}`}
            x={x(milliseconds(alert.at) ?? 0) - 1}
            width="2"
            y={alert.status === "caution" ? HEIGHT - 14 : 0}
            height={alert.status === "caution" ? 14 : HEIGHT}
            fill={colour}
          >
            <title>{`${plainLine(alert.title)} · ${plainLine(alert.dashboardName)}`}</title>
          </rect>
        ) : null;
      })}
    </svg>
  );
});
