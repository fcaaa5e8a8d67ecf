import { type KeyboardEvent, memo, type PointerEvent, useMemo, useRef, useState } from "react";
import type { Timeline } from "../../bindings/Timeline";
import { useWidth } from "../../components/useWidth";
import { formatInstant, formatTime, milliseconds } from "../../format/times";
import { MissingHatch } from "../missing/MissingHatch";
import { type Mark, markNear, marksOf } from "./marks";
import { between, instantAt, placeOf, type Stretch, ticksOf } from "./span";

const HEIGHT = 34;

interface ScrubTrackProps {
  stretch: Stretch;
  timeline: Timeline | null;
  /** The instant shown. */
  at: number;
  isPast: boolean;
  /** The span that was chosen. */
  chosen: Stretch | null;
  onSeek: (at: number) => void;
  onChoose: (span: Stretch) => void;
}

/**
 * The record from end to end: how much came in when, which alerts were raised and which dashboards came, went or changed,
 * and the instant that is shown. Dragging over it scrubs; dragging over the times below it, or with Shift, chooses a span.
 */
export function ScrubTrack({ stretch, timeline, at, isPast, chosen, onSeek, onChoose }: ScrubTrackProps) {
  const frame = useRef<HTMLDivElement>(null);
  const width = useWidth(frame);
  const [pointed, setPointed] = useState<number | null>(null);
  const scrubbing = useRef(false);
  /** Where the span that is being dragged begins and ends. */
  const [drag, setDrag] = useState<{ start: number; end: number } | null>(null);
  const marks = useMemo(() => marksOf(timeline), [timeline]);

  const instantOf = (event: PointerEvent<HTMLElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    return instantAt((event.clientX - box.left) / Math.max(1, box.width), stretch);
  };
  const press = (event: PointerEvent<HTMLElement>, chooses: boolean) => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture?.(event.pointerId);
    const instant = instantOf(event);
    if (chooses) setDrag({ start: instant, end: instant });
    else {
      scrubbing.current = true;
      onSeek(instant);
    }
  };
  const move = (event: PointerEvent<HTMLElement>) => {
    const instant = instantOf(event);
    setPointed(instant);
    if (drag) setDrag({ ...drag, end: instant });
    else if (scrubbing.current) onSeek(instant);
  };
  const release = () => {
    scrubbing.current = false;
    const span = drag && between(drag.start, drag.end);
    if (span) onChoose(span);
    setDrag(null);
  };
  const cancel = () => {
    scrubbing.current = false;
    setDrag(null);
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
  const near = pointed === null ? null : markNear(marks, pointed, stretch, width);
  const span = drag ? between(drag.start, drag.end) : chosen;
  return (
    <div className="relative min-w-0 flex-1" ref={frame}>
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
        onPointerDown={(event) => press(event, event.shiftKey)}
        onPointerMove={move}
        onPointerUp={release}
        onPointerCancel={cancel}
        onPointerLeave={() => setPointed(null)}
        className="relative h-[34px] cursor-col-resize touch-none overflow-hidden rounded-md border border-line bg-bg"
      >
        <MissingHatch from={stretch.from} to={stretch.to} />
        <TrackDrawing stretch={stretch} timeline={timeline} marks={marks} />
        {isPast && (
          <div
            aria-hidden="true"
            className="absolute inset-y-0 right-0 bg-surface opacity-60"
            style={{ left: `${place}%` }}
          />
        )}
        {span && <SpanMark span={span} stretch={stretch} />}
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
        data-testid="span-ruler"
        title="Drag to choose a span, to be charted or searched"
        onPointerDown={(event) => press(event, true)}
        onPointerMove={move}
        onPointerUp={release}
        onPointerCancel={cancel}
        onPointerLeave={() => setPointed(null)}
        className="relative h-[18px] cursor-ew-resize touch-none text-2xs text-fg-3 select-none"
      >
        {ticksOf(stretch, Math.max(2, Math.floor(width / 90))).map((tick) => (
          <Label key={tick.at} at={tick.at} stretch={stretch} width={width}>
            {tick.label}
          </Label>
        ))}
        {pointed !== null && (
          <Label
            at={pointed}
            stretch={stretch}
            width={width}
            className="z-10 rounded-sm bg-overlay px-1 text-fg"
          >
            {formatTime(pointed)}
          </Label>
        )}
      </div>
      {near && (
        <p
          data-testid="mark-tip"
          className="tooltip pointer-events-none absolute top-[54px] max-w-80 truncate"
          style={
            placeOf(near.at, stretch) < 0.7
              ? { left: `${placeOf(near.at, stretch) * 100}%` }
              : { right: `${(1 - placeOf(near.at, stretch)) * 100}%` }
          }
        >
          <span className="pr-2 font-mono text-fg-2">{formatTime(near.at)}</span>
          {near.text}
        </p>
      )}
    </div>
  );
}

/** Half of a label's width, so that the outermost are not cut off. */
const HALF_LABEL = 24;

function Label({
  at,
  stretch,
  width,
  className = "",
  children,
}: {
  at: number;
  stretch: Stretch;
  width: number;
  className?: string;
  children: string;
}) {
  const left = placeOf(at, stretch) * width;
  return (
    <span
      className={`absolute top-0.5 -translate-x-1/2 font-mono ${className}`}
      style={{ left: Math.max(HALF_LABEL, Math.min(width - HALF_LABEL, left)) }}
    >
      {children}
    </span>
  );
}

/** The span that was chosen, as far as the track shows it. */
function SpanMark({ span, stretch }: { span: Stretch; stretch: Stretch }) {
  if (span.to <= stretch.from || span.from >= stretch.to) return null;
  const [from, to] = [placeOf(span.from, stretch) * 100, placeOf(span.to, stretch) * 100];
  return (
    <div
      aria-hidden="true"
      data-testid="span-mark"
      className="absolute inset-y-0 border-x border-accent bg-accent-quiet"
      style={{ left: `${from}%`, width: `${to - from}%` }}
    />
  );
}

const alertColours = {
  critical: "var(--critical)",
  serious: "var(--serious)",
  caution: "var(--caution)",
} as const;

/** The bars and marks; drawn again only when what they show changes. */
const TrackDrawing = memo(function TrackDrawing({
  stretch,
  timeline,
  marks,
}: {
  stretch: Stretch;
  timeline: Timeline | null;
  marks: readonly Mark[];
}) {
  if (!timeline) return null;
  const [from, to] = [milliseconds(timeline.from) ?? stretch.from, milliseconds(timeline.to) ?? stretch.to];
  const most = Math.max(1, ...timeline.records);
  const length = timeline.records.length;
  const x = (at: number) => ((at - stretch.from) / Math.max(1, stretch.to - stretch.from)) * 1000;
  const bar = (x(to) - x(from)) / length;
  const bars = timeline.records.map((records, index) => {
    if (records === 0) return "";
    const height = Math.max(1.5, Math.sqrt(records / most) * (HEIGHT - 12));
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
      {marks.map((mark) => {
        const key = `${mark.kind} ${mark.at} ${mark.text}`;
        if (mark.kind === "change") {
          return (
            <rect
              key={key}
              x={x(mark.at) - 0.75}
              width="1.5"
              y="0"
              height="5"
              fill={`var(--${mark.status})`}
            />
          );
        }
        const colour = alertColours[mark.status as keyof typeof alertColours];
        if (!colour) return null;
        const height = mark.status === "caution" ? 14 : HEIGHT - 6;
        return (
          <rect key={key} x={x(mark.at) - 1} width="2" y={HEIGHT - height} height={height} fill={colour} />
        );
      })}
    </svg>
  );
});
