import { type FormEvent, useEffect, useState } from "react";
import type { ConductorView } from "../../bindings/ConductorView";
import type { StepTarget } from "../../bindings/StepTarget";
import { Button } from "../../components/Button";
import { CopyButton } from "../../components/CopyButton";
import { Segmented } from "../../components/Segmented";
import { Select } from "../../components/Select";
import { StatusIcon } from "../../components/StatusIcon";
import { formatInstant, formatSpan, milliseconds } from "../../format/times";
import { usePresent } from "../../format/useNow";
import { useShortcuts } from "../../keyboard/useShortcuts";
import { withInstant } from "../../navigation/instant";
import { useView } from "../../platform/useView";
import { ChosenSpan } from "./ChosenSpan";
import { ScrubTrack } from "./ScrubTrack";
import { between, parseInstant, type Span, spans, stretchOf } from "./span";
import { useSpanStore } from "./spanStore";
import { useConductTime } from "./useConductor";
import { useTimeline } from "./useTimeline";

const speeds = ["1", "10", "60", "300", "1000"] as const;
type Speed = (typeof speeds)[number];

/** Records this long before the instant shown mean that nothing was being recorded then. */
const SILENCE = 60_000;

/** Shows any instant of the record in every view: scrub, step, play, and back to Live. */
export function ConductorBar({ conductor, onClose }: { conductor: ConductorView; onClose: () => void }) {
  const present = usePresent();
  const { send, error, clearError } = useConductTime();
  const [span, setSpan] = useState<Span>("hour");
  const [speed, setSpeed] = useState<Speed>("10");
  const [earliest, setEarliest] = useState<number | null>(null);
  const past = conductor.mode === "past" ? conductor : null;
  const at = milliseconds(past?.at) ?? present;
  // Held still while one scrubs, so that the track does not slip away under the pointer.
  const stretch = stretchOf(span, at, earliest, present);
  const { timeline, problem } = useTimeline(span, stretch);
  const plays = past?.speed !== null && past?.speed !== undefined;

  useEffect(() => {
    setEarliest(milliseconds(timeline?.earliest));
  }, [timeline?.earliest]);

  const move = (request: Parameters<typeof send>[0]) => {
    clearError();
    send(request);
  };
  const seek = (instant: number) => move({ kind: "seek", at: new Date(instant).toISOString() });
  const step = (to: StepTarget, backwards: boolean) => move({ kind: "step", to, backwards });
  const playOrPause = () => move(plays ? { kind: "pause" } : { kind: "play", speed: Number(speed) });

  const { chosen, choose } = useSpanStore();
  const bound = (isStart: boolean) => {
    const length = chosen ? chosen.to - chosen.from : (stretch.to - stretch.from) / 10;
    const span = isStart
      ? between(at, Math.max(chosen?.to ?? 0, at + length))
      : between(Math.min(chosen?.from ?? at, at - length), at);
    if (span) choose(span);
  };

  useShortcuts({
    "{": () => bound(true),
    "}": () => bound(false),
    p: () => (past ? playOrPause() : move({ kind: "pause" })),
    ",": () => step("alert", true),
    ".": () => step("alert", false),
    "<": () => step("stateChange", true),
    ">": () => step("stateChange", false),
    l: () => move({ kind: "live" }),
  });

  return (
    <section
      aria-label="Time conductor"
      data-testid="conductor"
      data-mode={conductor.mode}
      className={`grid flex-none gap-1.5 border-b border-line px-5 pt-2 ${past ? "bg-surface bg-[linear-gradient(var(--accent-quiet),var(--accent-quiet))]" : "bg-surface"}`}
    >
      <div className="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-1.5">
        <Button
          testId="conductor-live"
          variant={past ? "primary" : "normal"}
          disabledReason={past ? null : "The present is shown."}
          hint="Back to the present (l)"
          onClick={() => move({ kind: "live" })}
        >
          {past ? "Go live" : "Live"}
        </Button>
        <fieldset aria-label="Step and play" className="flex flex-none items-center gap-1">
          <IconButton
            label="Previous alert (,)"
            testId="step-alert-back"
            glyph="⏮"
            onClick={() => step("alert", true)}
          />
          <IconButton
            label="Previous change of a dashboard's state (<)"
            testId="step-change-back"
            glyph="⏪"
            onClick={() => step("stateChange", true)}
          />
          <IconButton
            label={plays ? "Pause (p)" : "Play (p)"}
            testId="conductor-play"
            glyph={plays ? "pause" : "play"}
            disabledReason={past ? null : "The present plays by itself; go to the past first."}
            onClick={playOrPause}
          />
          <IconButton
            label="Next change of a dashboard's state (>)"
            testId="step-change-on"
            glyph="⏩"
            disabledReason={past ? null : "Nothing comes after the present."}
            onClick={() => step("stateChange", false)}
          />
          <IconButton
            label="Next alert (.)"
            testId="step-alert-on"
            glyph="⏭"
            disabledReason={past ? null : "Nothing comes after the present."}
            onClick={() => step("alert", false)}
          />
        </fieldset>
        <Select
          label="Speed"
          testId="conductor-speed"
          value={speed}
          options={speeds.map((value) => ({ value, label: `${value}×` }))}
          onChange={(value) => {
            setSpeed(value);
            if (plays) move({ kind: "play", speed: Number(value) });
          }}
        />
        <InstantField at={at} isPast={past !== null} present={present} onSeek={seek} />
        {past && (
          <Whereabouts
            at={at}
            lastRecordAt={past.lastRecordAt}
            isLoading={past.isLoading}
            present={present}
          />
        )}
        <div className="ml-auto flex flex-none items-center gap-3">
          {past && <PresentAlerts />}
          {past && !plays && (
            <CopyButton
              text={withInstant(window.location.hash || "#/fleet", past.at)}
              label="Copy a link to this instant; the command palette (Ctrl K) opens it"
              failure="Not copied"
              testId="conductor-link"
            >
              Copy link
            </CopyButton>
          )}
          <Segmented
            label="Length of the track"
            testId="conductor-span"
            value={span}
            options={spans}
            onChange={setSpan}
          />
          {!past && (
            <Button variant="quiet" testId="conductor-close" hint="Hide (t)" onClick={onClose}>
              Hide
            </Button>
          )}
        </div>
      </div>
      {(error || problem) && (
        <p role="status" data-testid="conductor-problem" className="flex items-center gap-2 text-fg-2">
          <StatusIcon status="caution" label="" />
          {error?.message ?? problem}
        </p>
      )}
      {chosen && <ChosenSpan span={chosen} />}
      <ScrubTrack
        stretch={stretch}
        timeline={timeline}
        at={at}
        isPast={past !== null}
        chosen={chosen}
        onSeek={seek}
        onChoose={choose}
      />
    </section>
  );
}

const glyphs: Record<string, string> = {
  "⏮": "M4 4v10M14 4 7 9l7 5z",
  "⏪": "M9 4 4 9l5 5zM15 4l-5 5 5 5z",
  play: "M5 3.5v11L14.5 9z",
  pause: "M5 4h3v10H5zM10 4h3v10h-3z",
  "⏩": "M9 4l5 5-5 5zM3 4l5 5-5 5z",
  "⏭": "M14 4v10M4 4l7 5-7 5z",
};

interface IconButtonProps {
  label: string;
  glyph: keyof typeof glyphs;
  testId: string;
  disabledReason?: string | null;
  onClick: () => void;
}

function IconButton({ label, glyph, testId, disabledReason = null, onClick }: IconButtonProps) {
  return (
    <Button
      aria-label={label}
      hint={label}
      testId={testId}
      disabledReason={disabledReason}
      onClick={onClick}
      className="w-[30px] justify-center px-0"
    >
      <svg
        width="16"
        height="16"
        viewBox="0 0 18 18"
        aria-hidden="true"
        fill="currentColor"
        stroke="currentColor"
        strokeWidth="1.2"
        strokeLinejoin="round"
      >
        <path d={glyphs[glyph]} />
      </svg>
    </Button>
  );
}

interface InstantFieldProps {
  at: number;
  isPast: boolean;
  present: number;
  onSeek: (at: number) => void;
}

/** The instant shown, and a place to type another. */
function InstantField({ at, isPast, present, onSeek }: InstantFieldProps) {
  const [typed, setTyped] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const shown = formatInstant(at).slice(0, 19);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (typed === null) return;
    const instant = parseInstant(typed, present);
    if (instant === null) {
      setProblem("Write a time such as 14:07, 2026-11-22 14:07 or -2h (UTC).");
      return;
    }
    setTyped(null);
    setProblem(null);
    onSeek(instant);
  };
  return (
    <form onSubmit={submit} className="flex flex-none items-center gap-2">
      <input
        aria-label="Instant shown, in UTC"
        aria-invalid={problem !== null}
        data-testid="conductor-instant"
        value={typed ?? (isPast ? shown : "")}
        placeholder="Go to 14:07 or -2h"
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => {
          setTyped(event.target.value);
          setProblem(null);
        }}
        onBlur={() => {
          if (problem === null && typed === "") setTyped(null);
        }}
        onKeyDown={(event) => {
          if (event.key === "Escape") {
            setTyped(null);
            setProblem(null);
            event.currentTarget.blur();
          }
        }}
        className="field w-[190px] font-mono text-sm"
      />
      {problem && (
        <span role="alert" className="text-caution text-sm">
          {problem}
        </span>
      )}
    </form>
  );
}

interface WhereaboutsProps {
  at: number;
  lastRecordAt: string | null;
  isLoading: boolean;
  present: number;
}

/** How long ago the instant is, and whether anything was being recorded then. */
function Whereabouts({ at, lastRecordAt, isLoading, present }: WhereaboutsProps) {
  if (isLoading) return <span className="text-fg-2">Reading…</span>;
  const last = milliseconds(lastRecordAt);
  if (last === null) return <span data-testid="whereabouts">Nothing had been recorded yet.</span>;
  const silent = at - last;
  return (
    <span data-testid="whereabouts" className="min-w-0 truncate text-fg-2">
      {silent > SILENCE
        ? `Nothing was recorded in the ${formatSpan(silent)} before this.`
        : `${formatSpan(Math.max(0, present - at))} ago`}
    </span>
  );
}

/** What is open in the present: nobody who looks at the past may miss it. */
function PresentAlerts() {
  const { model } = useView<"present">({ view: "present" });
  if (!model) return null;
  const { critical, serious, caution } = model.alertCounts;
  if (critical + serious + caution === 0) return <span className="text-fg-3">Now: no open alerts</span>;
  return (
    <span data-testid="present-alerts" className="flex items-center gap-2 text-fg-2">
      Now:
      {(["critical", "serious", "caution"] as const).map((status) =>
        model.alertCounts[status] > 0 ? (
          <span key={status} className="flex items-center gap-1">
            <StatusIcon status={status} />
            <b className="font-semibold text-fg">{model.alertCounts[status]}</b>
          </span>
        ) : null,
      )}
    </span>
  );
}
