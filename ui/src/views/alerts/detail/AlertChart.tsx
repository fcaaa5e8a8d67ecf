import { useMemo, useState } from "react";
import type { AlertDetail } from "../../../bindings/AlertDetail";
import type { ChartSeriesRequest } from "../../../bindings/ChartSeriesRequest";
import { Notice } from "../../../components/Notice";
import { Text } from "../../../components/Text";
import { formatUnit } from "../../../format/numbers";
import { formatMoment, milliseconds } from "../../../format/times";
import { useNow } from "../../../format/useNow";
import { SeriesPlot } from "../../metrics/SeriesPlot";
import { useLatest } from "../../metrics/useLatest";

const MINUTE = 60_000;
/** Nothing to be told of by name: the alert itself is the stretch that is shaded. */
const noMarkers: never[] = [];
const nothing = () => undefined;

/** The metric an alert is about, around its time, with the bounds of its rule. */
export function AlertChart({ detail, height }: { detail: AlertDetail; height: number }) {
  const now = useNow();
  const { metric, row } = detail;
  const [point, setPoint] = useState<number | null>(null);
  const began = milliseconds(row.firstSeen) ?? now;
  const ended = milliseconds(row.resolvedAt);
  // In whole minutes, so that a chart is not asked for with every second.
  const until = Math.ceil((ended === null ? now : Math.min(now, ended + 15 * MINUTE)) / MINUTE) * MINUTE;
  const lasted = Math.max(until - began, 10 * MINUTE);
  const before = Math.max(20 * MINUTE, Math.min(lasted, 6 * 60 * MINUTE));
  const from = Math.floor((began - before) / MINUTE) * MINUTE;
  const request: ChartSeriesRequest | null = useMemo(
    () =>
      metric && {
        selections: [metric.selection],
        from,
        to: until,
        points: 900,
        compare: "none",
      },
    [metric, from, until],
  );
  const { answer, error } = useLatest("chart_series", request && { request });
  const firings = useMemo(() => [{ from: began, to: ended }], [began, ended]);
  const stretch = useMemo(() => ({ from, to: until }), [from, until]);
  if (!metric) return null;
  const lines = answer?.lines ?? [];
  const line = lines[0];
  const problem = error?.message ?? line?.problem ?? null;
  const at = line && point !== null ? nearest(line.times, point) : null;
  return (
    <figure className="panel min-w-0 px-3 pt-2 pb-1" data-testid="alert-chart">
      <figcaption className="flex items-baseline gap-2">
        <Text value={metric.title} className="truncate font-[560]" titled />
        {!metric.isNamed && <span className="truncate text-fg-3 text-sm">for context</span>}
        <span className="ml-auto flex-none whitespace-nowrap">
          {at !== null && line
            ? `${formatUnit(line.values[at] ?? null, metric.unit)} · ${formatMoment(line.times[at], now)}`
            : formatUnit(line?.numbers?.last ?? null, metric.unit)}
        </span>
      </figcaption>
      {problem ? (
        <Notice status="serious" className="my-2">
          {problem}
        </Notice>
      ) : answer && line && line.times.length === 0 ? (
        <p style={{ height }} className="grid place-items-center text-fg-3">
          Nothing was reported of it around that time
        </p>
      ) : (
        <SeriesPlot
          unit={metric.unit}
          lines={lines}
          all={lines}
          markers={noMarkers}
          stretch={stretch}
          height={height}
          onZoom={nothing}
          onZoomBack={nothing}
          onPoint={setPoint}
          bounds={metric.bounds}
          firings={firings}
          label={`${metric.title} around the alert`}
        />
      )}
    </figure>
  );
}

/** The place of the time nearest to `at`; null where there is none. */
function nearest(times: readonly number[], at: number): number | null {
  let best: number | null = null;
  for (const [index, time] of times.entries()) {
    const known = best === null ? Number.POSITIVE_INFINITY : Math.abs((times[best] ?? 0) - at);
    if (Math.abs(time - at) < known) best = index;
  }
  return best;
}
