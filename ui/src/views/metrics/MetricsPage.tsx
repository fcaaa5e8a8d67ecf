import { useEffect, useRef, useState } from "react";
import type { ChartSeriesRequest } from "../../bindings/ChartSeriesRequest";
import type { Comparison } from "../../bindings/Comparison";
import type { DashboardKey } from "../../bindings/DashboardKey";
import type { SeriesCatalog } from "../../bindings/SeriesCatalog";
import { Button } from "../../components/Button";
import { EmptyState, FailedState, LoadingState } from "../../components/EmptyState";
import { Segmented } from "../../components/Segmented";
import { Select } from "../../components/Select";
import { StatusIcon } from "../../components/StatusIcon";
import { useWidth } from "../../components/useWidth";
import { plainLine } from "../../format/plainText";
import { formatDuration, formatInstant, formatMoment } from "../../format/times";
import { useNow } from "../../format/useNow";
import { useSpanStore } from "../../frame/conductor/spanStore";
import { useConductor, useConductTime } from "../../frame/conductor/useConductor";
import { MissingNote } from "../../frame/missing/MissingNote";
import { useShortcuts } from "../../keyboard/useShortcuts";
import { keyText } from "../../navigation/route";
import { useTransferStore } from "../../transfers/transferStore";
import { LineTable } from "./LineTable";
import { byUnit, lineLabel, MOST_LINES, selectionsOf } from "./lines";
import { type MetricsSpan, metricsSpans, stretchOf } from "./metricsSpan";
import { useMetricsStore } from "./metricsStore";
import { PictureDialog } from "./PictureDialog";
import type { PictureInput } from "./picture";
import { SeriesPicker } from "./SeriesPicker";
import { SeriesPlot } from "./SeriesPlot";
import { Standing } from "./Standing";
import { useLatest } from "./useLatest";

const comparisons: ReadonlyArray<{ value: Comparison; label: string }> = [
  { value: "none", label: "No comparison" },
  { value: "previousDay", label: "Day before" },
  { value: "previousWeek", label: "Week before" },
];

/** Dashboards drawn before any is chosen. */
const FIRST = 4;

/** Any series of any dashboards over any span, side by side; who stands out. */
export function MetricsPage() {
  const { answer: catalog, error } = useLatest("series_catalog", {});
  if (error && !catalog) return <FailedState what="the metrics" error={error} />;
  if (!catalog) return <LoadingState what="the metrics" />;
  if (catalog.groups.length === 0) {
    return (
      <main className="flex min-h-0 flex-1 flex-col">
        <h1 className="px-5 pt-4 font-[650] text-xl">Metrics</h1>
        <EmptyState title="No metrics yet" testId="metrics-empty">
          <p>Every number that a dashboard reports becomes a series here, as soon as it is reported.</p>
          {catalog.problems.map((problem) => (
            <p key={problem}>{plainLine(problem)}</p>
          ))}
        </EmptyState>
      </main>
    );
  }
  return <Explorer catalog={catalog} />;
}

function Explorer({ catalog }: { catalog: SeriesCatalog }) {
  const now = useNow();
  const { series, dashboards, span, compare, choose } = useMetricsStore();
  const { chosen, choose: zoomIn, back: zoomBack, clear: zoomOut } = useSpanStore();
  const isPast = useConductor().mode === "past";
  const [picture, setPicture] = useState<PictureInput | null>(null);
  const [point, setPoint] = useState<number | null>(null);
  const frame = useRef<HTMLDivElement>(null);
  const width = useWidth(frame);
  const conduct = useConductTime();
  const openDialog = useTransferStore((state) => state.open);

  // Something is drawn from the start: the first series, of a few that have it.
  useEffect(() => {
    if (series.length > 0) return;
    const first = catalog.groups.flatMap((group) => group.series)[0];
    if (!first) return;
    const owners = first.dashboards.flatMap((index) => catalog.dashboards[index]?.dashboard ?? []);
    choose({ series: [first.name], dashboards: dashboards.length > 0 ? dashboards : owners.slice(0, FIRST) });
  }, [series, dashboards, catalog, choose]);

  // Of a span that is yet to come when the past is looked at, there is nothing to show.
  const zoom = chosen && !(isPast && chosen.from >= now) ? chosen : null;
  const stretch = zoom ?? stretchOf(span, now);
  const selections = selectionsOf(series, dashboards);
  const request: ChartSeriesRequest = {
    selections,
    from: stretch.from,
    to: isPast ? Math.min(stretch.to, now) : stretch.to,
    points: Math.max(200, Math.min(8_000, Math.round(width * 2))),
    compare,
  };
  const chart = useLatest("chart_series", selections.length > 0 && width > 0 ? { request } : null);
  const lines = chart.answer?.lines ?? [];
  const markers = chart.answer?.markers ?? [];
  const focus = series.at(-1) ?? null;

  const toggleSeries = (name: string) =>
    choose({ series: series.includes(name) ? series.filter((one) => one !== name) : [...series, name] });
  const toggleDashboard = (dashboard: DashboardKey) => {
    const key = keyText(dashboard);
    const without = dashboards.filter((one) => keyText(one) !== key);
    choose({ dashboards: without.length < dashboards.length ? without : [...dashboards, dashboard] });
  };
  const hasLines = lines.some((line) => line.times.length > 0);
  const openPicture = () => hasLines && setPicture({ lines, markers, stretch });
  const groups = byUnit(lines);
  const plotHeight = groups.length === 1 ? 320 : groups.length === 2 ? 240 : 200;
  useShortcuts({ z: zoomBack, Z: zoomOut, s: openPicture });

  return (
    <main className="flex min-h-0 flex-1" data-testid="metrics-page">
      <aside aria-label="Series" className="flex w-[236px] flex-none flex-col border-r border-line px-3 py-4">
        <SeriesPicker catalog={catalog} chosen={series} focus={focus} onToggle={toggleSeries} />
      </aside>
      <section aria-label="Charts" className="flex min-w-0 flex-1 flex-col">
        <header className="flex flex-none flex-wrap items-center gap-2 px-5 pt-4 pb-3">
          <h1 className="font-[650] text-xl">Metrics</h1>
          <Segmented<MetricsSpan>
            label="Span"
            testId="metrics-span"
            value={span}
            options={metricsSpans}
            onChange={(value) => {
              zoomOut();
              choose({ span: value });
            }}
          />
          <Select
            label="Compare with"
            testId="metrics-compare"
            value={compare}
            options={comparisons}
            onChange={(value) => choose({ compare: value })}
          />
          {chart.loading && <span className="hidden text-fg-3 2xl:inline">reading…</span>}
          <Button
            className="ml-auto"
            testId="save-picture"
            hint="Saves the charts as a PNG (s)"
            disabledReason={hasLines ? null : "There is nothing to save yet."}
            onClick={openPicture}
          >
            Picture…
          </Button>
          <Button
            testId="export-series"
            disabledReason={selections.length === 0 ? "Choose a series and a dashboard first." : null}
            onClick={() => openDialog({ name: "export", wish: { kind: "series", chart: request } })}
          >
            Export…
          </Button>
          {zoom && (
            <div className="flex basis-full items-center gap-2" data-testid="metrics-zoom">
              <span className="caps">Span</span>
              <span className="font-mono text-sm">
                {formatMoment(zoom.from, now)} – {formatMoment(zoom.to, now)}
              </span>
              <span className="text-fg-2">{formatDuration(zoom.to - zoom.from)}</span>
              <Button
                testId="metrics-zoom-back"
                hint="To the span before (z, or a double click)"
                onClick={zoomBack}
              >
                Back
              </Button>
              <Button
                testId="metrics-zoom-out"
                variant="quiet"
                hint="To the whole span (Z)"
                onClick={zoomOut}
              >
                Show the whole span
              </Button>
            </div>
          )}
        </header>
        <div ref={frame} className="min-h-0 flex-1 overflow-y-auto px-5 pb-5">
          {chart.error && <p className="pb-2 text-caution">{chart.error.message}</p>}
          {series.length * dashboards.length > MOST_LINES && (
            <p className="flex items-center gap-2 pb-2 text-fg-2">
              <StatusIcon status="caution" label="" />
              {series.length} series of {dashboards.length} dashboards are more lines than can be told apart:
              the first {MOST_LINES} are drawn.
            </p>
          )}
          {selections.length === 0 ? (
            <EmptyState title="Choose a series and a dashboard">
              <p>Series stand on the left, the dashboards that have them on the right.</p>
            </EmptyState>
          ) : (
            <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
              <MissingNote {...stretch} hubs={lines.map((line) => line.selection.dashboard.hub)} />
              {groups.map((group) => (
                <figure key={group.unit} className="panel min-w-0 px-3 pt-2 pb-1">
                  <figcaption className="flex items-baseline justify-between gap-4 pb-1">
                    <span className="font-[560]">
                      {[...new Set(group.lines.map((line) => plainLine(line.title)))].join(", ")}
                      {group.unit && <span className="pl-2 text-fg-3 text-sm">{group.unit}</span>}
                    </span>
                    <span className="font-mono text-fg-2 text-sm">
                      {point !== null && formatInstant(point).slice(0, 19)}
                    </span>
                  </figcaption>
                  <SeriesPlot
                    unit={group.unit}
                    lines={group.lines}
                    all={lines}
                    markers={markers}
                    stretch={stretch}
                    height={plotHeight}
                    onZoom={zoomIn}
                    onZoomBack={zoomBack}
                    onPoint={setPoint}
                    label={group.lines.map(lineLabel).join("; ")}
                  />
                </figure>
              ))}
              <p className="text-fg-3 text-sm">
                Drag over a chart to zoom, double-click to go back. Marks above a chart are alerts, marks
                below it commands.
                {chart.answer?.markersArePartial && " Older ones of this span are not marked."}
              </p>
              <LineTable
                lines={lines}
                point={point}
                onRemove={(line) => toggleDashboard(line.selection.dashboard)}
              />
              {markers.length > 0 && (
                <div className="flex flex-wrap gap-1.5">
                  {markers
                    .filter((marker) => marker.kind === "alert")
                    .slice(-8)
                    .map((marker) => (
                      <Button
                        key={marker.id}
                        variant="quiet"
                        hint="Shows every view as it was then"
                        onClick={() => conduct.send({ kind: "seek", at: marker.at })}
                      >
                        <StatusIcon status={marker.status} label="" />
                        <bdi>{plainLine(marker.title)}</bdi>
                        <span className="text-fg-3">{formatMoment(marker.at, now)}</span>
                      </Button>
                    ))}
                </div>
              )}
            </div>
          )}
        </div>
      </section>
      {focus && (
        <aside className="flex w-[280px] flex-none flex-col border-l border-line bg-surface px-4 py-4">
          <Standing name={focus} stretch={stretch} chosen={dashboards} onToggle={toggleDashboard} />
        </aside>
      )}
      {picture && <PictureDialog input={picture} onClose={() => setPicture(null)} />}
    </main>
  );
}
