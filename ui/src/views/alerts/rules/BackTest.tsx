import { useEffect, useMemo, useRef, useState } from "react";
import type { BackTestView } from "../../../bindings/BackTestView";
import type { HubKey } from "../../../bindings/HubKey";
import type { Rule } from "../../../bindings/Rule";
import { Button } from "../../../components/Button";
import { RequestFailure } from "../../../components/Notice";
import { Segmented } from "../../../components/Segmented";
import { Text } from "../../../components/Text";
import { formatCount, formatUnit } from "../../../format/numbers";
import { formatDuration, formatInstant, formatMoment, milliseconds } from "../../../format/times";
import { useNow } from "../../../format/useNow";
import { usePlatform, useRequest } from "../../../platform/useView";
import { SeriesPlot } from "../../metrics/SeriesPlot";
import { useLatest } from "../../metrics/useLatest";

const HOUR = 3_600_000;
const spans = [
  { value: "1", label: "1 h" },
  { value: "24", label: "24 h" },
  { value: "168", label: "7 d" },
  { value: "720", label: "30 d" },
] as const;
const noMarkers: never[] = [];
const nothing = () => undefined;

interface BackTestProps {
  hub: HubKey;
  /** Null while the form does not hold one. */
  rule: Rule | null;
  /** What is missing in the form must be shown. */
  onMissing: () => void;
}

interface Tried {
  /** The rule that was tried, as text: another one needs another try. */
  rule: string;
  view: BackTestView;
  from: number;
  to: number;
}

/** Tries a rule on what was recorded: how often it would have fired, drawn on the series it watches. */
export function BackTest({ hub, rule, onMissing }: BackTestProps) {
  const [span, setSpan] = useState<(typeof spans)[number]["value"]>("168");
  const [tried, setTried] = useState<Tried | null>(null);
  const { send, pending, error } = useRequest("back_test_rule");
  const platform = usePlatform();
  const text = rule && JSON.stringify({ ...rule, enabled: true, title: "", description: "" });
  const isStale = tried !== null && tried.rule !== text;
  const running = useRef(false);
  running.current = pending;
  useEffect(
    () => () => {
      if (running.current) void platform.request("cancel_back_test", {}).catch(() => undefined);
    },
    [platform],
  );

  const run = async () => {
    if (!rule || !text) {
      onMissing();
      return;
    }
    const to = Date.now();
    const from = to - Number(span) * HOUR;
    const view = await send({ request: { hub, rule, from, to } });
    if (view) setTried({ rule: text, view, from, to });
  };

  return (
    <section className="grid gap-2 rounded-md border border-line bg-raised p-3" data-testid="back-test">
      <div className="flex flex-wrap items-center gap-2">
        <h3 className="min-w-0 flex-1 font-semibold">Would it have fired?</h3>
        <Segmented
          label="How far back"
          value={span}
          options={spans}
          onChange={setSpan}
          testId="back-test-span"
        />
        {pending ? (
          <Button
            testId="back-test-cancel"
            onClick={() => void platform.request("cancel_back_test", {}).catch(() => undefined)}
          >
            Stop
          </Button>
        ) : (
          <Button
            variant={isStale || !tried ? "primary" : "normal"}
            testId="back-test-run"
            onClick={() => void run()}
          >
            Try it
          </Button>
        )}
      </div>
      {pending && (
        <p className="text-fg-2" role="status">
          Going through the record…
        </p>
      )}
      {error && error.code !== "superseded" && <RequestFailure error={error} />}
      {!tried && !pending && !error && (
        <p className="text-fg-3">
          Tries it on what was recorded, without switching it on. Works while the hub is away.
        </p>
      )}
      {tried && <Outcome tried={tried} isStale={isStale} />}
    </section>
  );
}

function Outcome({ tried, isStale }: { tried: Tried; isStale: boolean }) {
  const { view } = tried;
  const now = useNow();
  const [point, setPoint] = useState<number | null>(null);
  const request = useMemo(
    () =>
      view.selections.length > 0
        ? {
            request: {
              selections: view.selections,
              from: tried.from,
              to: tried.to,
              points: 1000,
              compare: "none" as const,
            },
          }
        : null,
    [view.selections, tried.from, tried.to],
  );
  const { answer } = useLatest("chart_series", request);
  const drawn = new Set(view.selections.map((one) => one.dashboard.dashboardId));
  const firings = useMemo(
    () =>
      view.result.firings
        .filter((firing) => view.selections.some((one) => one.dashboard.dashboardId === firing.dashboardId))
        .map((firing) => ({
          from: milliseconds(firing.from) ?? tried.from,
          to: firing.to ? milliseconds(firing.to) : null,
        })),
    [view, tried.from],
  );
  const stretch = useMemo(() => ({ from: tried.from, to: tried.to }), [tried]);
  const lines = answer?.lines ?? [];
  const unit = lines[0]?.unit ?? "";
  const shown = view.result.firings.slice(0, 8);
  return (
    <div className={`grid gap-2 ${isStale ? "opacity-60" : ""}`} aria-busy={isStale}>
      <p className="font-[560]" data-testid="back-test-summary">
        <Text value={view.summary} />
        {isStale && <span className="font-normal text-fg-2"> The rule was changed since; try it again.</span>}
      </p>
      {view.notes.map((note) => (
        <p key={note} className="text-fg-2">
          <Text value={note} />
        </p>
      ))}
      {lines.some((line) => line.times.length > 0) && (
        <figure className="min-w-0" data-testid="back-test-chart">
          <SeriesPlot
            unit={unit}
            lines={lines}
            all={lines}
            markers={noMarkers}
            stretch={stretch}
            height={170}
            onZoom={nothing}
            onZoomBack={nothing}
            onPoint={setPoint}
            bounds={view.bounds}
            firings={firings}
            label="The series the rule watches, with when it would have fired"
          />
          <figcaption className="flex flex-wrap gap-x-3 text-fg-2 text-sm">
            {lines.map((line, index) => (
              <span key={`${line.selection.dashboard.dashboardId}`} className="flex items-center gap-1.5">
                <span className="h-0.5 w-2.5" style={{ background: `var(--series-${(index % 6) + 1})` }} />
                <Text value={line.dashboardName} />
              </span>
            ))}
            <span className="flex items-center gap-1.5">
              <span className="h-2.5 w-2.5 border-l-2 border-serious bg-serious/20" />
              would have fired
            </span>
            {point !== null && <span className="ml-auto text-fg-3">{formatMoment(point, now)}</span>}
          </figcaption>
        </figure>
      )}
      {shown.length > 0 && (
        <ol className="grid gap-0.5 text-sm" data-testid="back-test-firings">
          {shown.map((firing) => (
            <li
              key={`${firing.dashboardId} ${firing.useCase ?? ""} ${firing.from}`}
              className="grid grid-cols-[auto_minmax(0,1fr)_auto] gap-x-3"
            >
              <time dateTime={firing.from} title={formatInstant(firing.from)} className="text-fg-2">
                {formatMoment(firing.from, now)}
              </time>
              <span className={`truncate ${drawn.has(firing.dashboardId) ? "" : "text-fg-2"}`}>
                <Text value={firing.useCase ?? firing.dashboardId} />
                {firing.value !== undefined && (
                  <span className="text-fg-2"> at {formatUnit(firing.value, unit)}</span>
                )}
              </span>
              <span className="text-fg-3">
                {firing.to
                  ? `for ${formatDuration((milliseconds(firing.to) ?? 0) - (milliseconds(firing.from) ?? 0))}`
                  : "still"}
              </span>
            </li>
          ))}
        </ol>
      )}
      {view.result.fired > shown.length && shown.length > 0 && (
        <p className="text-fg-3 text-sm">and {formatCount(view.result.fired - shown.length)} more</p>
      )}
    </div>
  );
}
