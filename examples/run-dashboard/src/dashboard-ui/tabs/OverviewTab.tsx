import { useMemo } from "react";
import { isOver } from "../../agent-service/agent-service";
import { profileColumn } from "../../analysis/profile";
import { USER } from "../../dashboard-state/actor";
import { type Column, type Dataset, numericColumns } from "../../dashboard-state/dataset";
import { hasEnded } from "../../workflow-engine/machine";
import { ActivityList } from "../components/ActivityList";
import { EmptyState } from "../components/EmptyState";
import { Histogram } from "../components/Histogram";
import { ProgressBar } from "../components/ProgressBar";
import { QualityScore } from "../components/QualityScore";
import { StatusMark } from "../components/StatusMark";
import { TrendCard } from "../components/TrendCard";
import { useDashboard, useDashboardState } from "../dashboard-context";
import { formatCount, formatDuration, formatNumber, formatTime } from "../format";

/** Values that a small chart is drawn from. */
const CHART_SAMPLE = 5_000;
const CHARTS = 9;

/** Everything at a glance. */
export function OverviewTab() {
  return (
    <div className="overview">
      <QualityCard />
      <DataCard />
      <WorkCard />
      <TrendCard />
      <ShapesCard />
      <RecentCard />
    </div>
  );
}

function QualityCard() {
  const dashboard = useDashboard();
  const quality = useDashboardState(({ data }) => data.quality);
  const threshold = useDashboardState(({ settings }) => settings.qualityThreshold);
  return (
    <section className="card quality" aria-label="Data quality">
      <header>
        <h2 className="grow">Data quality</h2>
        {quality && (
          <button type="button" className="button small" onClick={() => dashboard.openModal("quality")}>
            Details
          </button>
        )}
      </header>
      {quality ? (
        <QualityScore quality={quality} threshold={threshold} />
      ) : (
        <EmptyState title="No score yet">Data is scored when it comes in.</EmptyState>
      )}
    </section>
  );
}

function DataCard() {
  const dashboard = useDashboard();
  const data = useDashboardState((state) => state.data);
  return (
    <section className="card data" aria-label="Data">
      <header>
        <h2 className="grow">Data</h2>
        {data.dataset && (
          <button
            type="button"
            className="button small"
            onClick={() => {
              // What goes wrong is shown by the ingestion.
              dashboard.refreshData(USER).catch(() => {});
            }}
          >
            Refresh
          </button>
        )}
      </header>
      {data.dataset ? (
        <dl className="facts">
          <dt>Source</dt>
          <dd data-testid="data-source">{data.source}</dd>
          <dt>Rows</dt>
          <dd data-testid="row-count">{formatCount(data.dataset.rowCount)}</dd>
          <dt>Columns</dt>
          <dd>{data.dataset.columns.length}</dd>
          <dt>Rejected rows</dt>
          <dd>{formatCount(data.quality?.rejectedRows ?? 0)}</dd>
          <dt>Ingested</dt>
          <dd>
            {data.ingestedAt && formatTime(data.ingestedAt)}{" "}
            <span className="faint">in {formatDuration(data.ingestionMs ?? 0)}</span>
          </dd>
        </dl>
      ) : (
        <EmptyState title="No data">
          <span>Choose a sample, or drop a CSV or JSON file anywhere.</span>
          <button type="button" className="button primary" onClick={() => dashboard.openModal("ingest")}>
            Ingest data
          </button>
        </EmptyState>
      )}
    </section>
  );
}

function WorkCard() {
  const dashboard = useDashboard();
  const executions = useDashboardState((state) => state.executions);
  const runs = useDashboardState((state) => state.agentRuns);
  const work = [
    ...executions
      .filter((one) => !hasEnded(one))
      .map(({ id, name, state, progress }) => ({ id, name, state, progress })),
    ...runs
      .filter((one) => !isOver(one))
      .map(({ id, name, state, progress }) => ({ id, name, state, progress })),
  ];
  const completed = executions.filter(({ state }) => state === "completed").length;
  const failed = executions.filter(({ state }) => state === "failed").length;
  const succeeded = runs.filter(({ state }) => state === "succeeded").length;
  return (
    <section className="card work" aria-label="Work">
      <header>
        <h2 className="grow">Work</h2>
        <button type="button" className="button small" onClick={() => dashboard.navigateTab("workflows")}>
          Workflows
        </button>
      </header>
      {work.length > 0 ? (
        <ul className="stack">
          {work.map(({ id, name, state, progress }) => (
            <li key={id} className="stack">
              <div className="row">
                <StatusMark tone={state === "paused" ? "caution" : state === "running" ? "standby" : "off"} />
                <span className="grow cut">{name}</span>
                <span className="faint">
                  {state} · {Math.round(progress * 100)} %
                </span>
              </div>
              <ProgressBar part={progress} label={name} />
            </li>
          ))}
        </ul>
      ) : (
        <p className="dim">Nothing runs now.</p>
      )}
      <dl className="facts">
        <dt>Workflows completed</dt>
        <dd>{completed}</dd>
        <dt>Workflows failed</dt>
        <dd>{failed}</dd>
        <dt>Agent results</dt>
        <dd>{succeeded}</dd>
      </dl>
    </section>
  );
}

function ShapesCard() {
  const dataset = useDashboardState(({ data }) => data.dataset);
  const profiles = useMemo(() => (dataset ? sampledProfiles(dataset) : []), [dataset]);
  return (
    <section className="card shapes" aria-label="Distributions">
      <header>
        <h2 className="grow">Distributions</h2>
        {profiles.length > 0 && <span className="faint">median · 95th percentile</span>}
      </header>
      {profiles.length > 0 ? (
        <div className="small">
          {profiles.map(({ name, numbers }) => (
            <figure key={name} className="stack">
              <figcaption className="row">
                <span className="grow cut" title={name}>
                  {name}
                </span>
                <span className="faint">
                  {formatNumber(numbers?.median ?? 0)} · {formatNumber(numbers?.p95 ?? 0)}
                </span>
              </figcaption>
              <Histogram bars={numbers?.histogram ?? []} label={`Distribution of ${name}`} />
              <div className="row faint">
                <span className="grow">{formatNumber(numbers?.lowest ?? 0)}</span>
                <span>{formatNumber(numbers?.highest ?? 0)}</span>
              </div>
            </figure>
          ))}
        </div>
      ) : (
        <EmptyState title={dataset ? "No column of numbers" : "Nothing to draw yet"} />
      )}
    </section>
  );
}

function RecentCard() {
  const dashboard = useDashboard();
  const activity = useDashboardState((state) => state.activity);
  return (
    <section className="card recent" aria-label="Recent activity">
      <header>
        <h2 className="grow">Recent activity</h2>
        {activity.length > 0 && (
          <button type="button" className="button small" onClick={() => dashboard.navigateTab("activity")}>
            All
          </button>
        )}
      </header>
      {activity.length > 0 ? (
        <ActivityList entries={activity.slice(0, 8)} short />
      ) : (
        <EmptyState title="Nothing has happened yet" />
      )}
    </section>
  );
}

/** Profiles of the first columns of numbers, from a sample where there are many rows. */
function sampledProfiles(dataset: Dataset) {
  const every = Math.max(Math.ceil(dataset.rowCount / CHART_SAMPLE), 1);
  const sample = (column: Column): Column =>
    every === 1 ? column : { ...column, values: column.values.filter((_, row) => row % every === 0) };
  return numericColumns(dataset)
    .slice(0, CHARTS)
    .map((column) => profileColumn(sample(column)))
    .filter(({ numbers }) => numbers !== null);
}
