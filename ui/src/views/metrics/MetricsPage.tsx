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
import { formatInstant, formatMoment } from "../../format/times";
import { useNow } from "../../format/useNow";
import { useConductTime } from "../../frame/conductor/useConductor";
import { MissingNote } from "../../frame/missing/MissingNote";
import { keyText } from "../../navigation/route";
import { useTransferStore } from "../../transfers/transferStore";
import { LineTable } from "./LineTable";
import { byUnit, lineLabel, MOST_LINES, selectionsOf } from "./lines";
import { type MetricsSpan, metricsSpans, type Stretch, stretchOf } from "./metricsSpan";
import { useMetricsStore } from "./metricsStore";
import { SeriesPicker } from "./SeriesPicker";
import { SeriesPlot } from "./SeriesPlot";
import { Standing } from "./Standing";
import { useLatest } from "./useLatest";

const comparisons: ReadonlyArray<{ value: Comparison; label: string }> = [
  { value: "none", label: "nothing" },
  { value: "previousDay", label: "the day before" },
  { value: "previousWeek", label: "the week before" },
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
      <EmptyState title="No metrics yet" testId="metrics-empty">
        <p>Every number that a dashboard reports becomes a series here, as soon as it is reported.</p>
        {catalog.problems.map((problem) => (
          <p key={problem}>{plainLine(problem)}</p>
        ))}
      </EmptyState>
    );
  }
  return <Explorer catalog={catalog} />;
}

function Explorer({ catalog }: { catalog: SeriesCatalog }) {
  const now = useNow();
  const { series, dashboards, span, compare, choose } = useMetricsStore();
  const [zoom, setZoom] = useState<Stretch | null>(null);
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

  const stretch = zoom ?? stretchOf(span, now);
  const selections = selectionsOf(series, dashboards);
  const request: ChartSeriesRequest = {
    selections,
    ...stretch,
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
  const near = point === null ? [] : markersNear(markers, point, (stretch.to - stretch.from) / 100);

  return (
    <main className="flex min-h-0 flex-1" data-testid="metrics-page">
      <aside aria-label="Series" className="flex w-[236px] flex-none flex-col border-r border-line px-3 py-4">
        <SeriesPicker catalog={catalog} chosen={series} focus={focus} onToggle={toggleSeries} />
      </aside>
      <section aria-label="Charts" className="flex min-w-0 flex-1 flex-col">
        <header className="flex flex-none flex-wrap items-center gap-3 px-5 pt-4 pb-3">
          <h1 className="font-[650] text-xl">Metrics</h1>
          <Segmented<MetricsSpan>
            label="Span"
            testId="metrics-span"
            value={span}
            options={metricsSpans}
            onChange={(value) => {
              setZoom(null);
              choose({ span: value });
            }}
          />
          <Select
            label="Compare with"
            prefix="Compare with"
            testId="metrics-compare"
            value={compare}
            options={comparisons}
            onChange={(value) => choose({ compare: value })}
          />
          {zoom && (
            <Button testId="metrics-zoom-out" onClick={() => setZoom(null)}>
              {formatMoment(zoom.from, now)} – {formatMoment(zoom.to, now)} ×
            </Button>
          )}
          <Button
            testId="export-series"
            disabledReason={selections.length === 0 ? "Choose a series and a dashboard first." : null}
            onClick={() => openDialog({ name: "export", wish: { kind: "series", chart: request } })}
          >
            Export…
          </Button>
          {chart.loading && <span className="text-fg-3">reading…</span>}
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
              {byUnit(lines).map((group) => (
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
                    onZoom={setZoom}
                    onPoint={setPoint}
                    label={group.lines.map(lineLabel).join("; ")}
                  />
                </figure>
              ))}
              <p className="flex h-5 min-w-0 items-center gap-3 text-fg-2 text-sm" data-testid="markers-near">
                {near.length > 0
                  ? near.map((marker) => (
                      <span key={marker.id} className="flex min-w-0 items-center gap-1.5">
                        <StatusIcon status={marker.status} label={marker.kind} />
                        <bdi className="truncate">{plainLine(marker.title)}</bdi>
                        <span className="flex-none text-fg-3">{formatMoment(marker.at, now)}</span>
                      </span>
                    ))
                  : "Drag over a chart to zoom. Lines in colour are alerts, grey ones commands."}
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
    </main>
  );
}

function markersNear<M extends { at: string }>(markers: M[], at: number, within: number): M[] {
  return markers.filter((marker) => Math.abs(Date.parse(marker.at) - at) <= within).slice(0, 3);
}
