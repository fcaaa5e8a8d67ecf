import { useMemo, useState } from "react";
import type { AlertDay } from "../../../bindings/AlertDay";
import type { NoiseRow } from "../../../bindings/NoiseRow";
import type { Spread } from "../../../bindings/Spread";
import { EmptyState, FailedState, LoadingState } from "../../../components/EmptyState";
import { Notice } from "../../../components/Notice";
import { Segmented } from "../../../components/Segmented";
import { Text } from "../../../components/Text";
import { formatCount, NO_VALUE } from "../../../format/numbers";
import { formatDuration } from "../../../format/times";
import { useNow } from "../../../format/useNow";
import { formatRoute } from "../../../navigation/route";
import { useLatest } from "../../metrics/useLatest";
import { AlertTabs } from "../AlertTabs";

const DAY = 86_400_000;
const MINUTE = 60_000;
const spans = [
  { value: "1", label: "24 h" },
  { value: "7", label: "7 d" },
  { value: "30", label: "30 d" },
  { value: "90", label: "90 d" },
] as const;

/** What makes noise, and how fast what matters is dealt with. */
export function StatisticsPage() {
  const [span, setSpan] = useState<(typeof spans)[number]["value"]>("7");
  const now = useNow();
  // To the minute: nothing is read anew with every second.
  const to = Math.ceil(now / MINUTE) * MINUTE;
  const request = useMemo(() => ({ request: { from: to - Number(span) * DAY, to } }), [to, span]);
  const { answer, error } = useLatest("alert_statistics", request);
  return (
    <main className="flex min-h-0 flex-1 flex-col">
      <AlertTabs view="statistics">
        <div className="ml-auto">
          <Segmented
            label="Of how much time"
            value={span}
            options={spans}
            onChange={setSpan}
            testId="statistics-span"
          />
        </div>
      </AlertTabs>
      {error && !answer ? (
        <FailedState what="the statistics" error={error} />
      ) : !answer ? (
        <div className="px-5">
          <LoadingState what="the statistics" />
        </div>
      ) : (
        <div className="min-h-0 flex-1 overflow-y-auto px-5 pb-6">
          {answer.problems.map((problem) => (
            <Notice key={problem} status="caution" className="mb-3">
              <Text value={problem} />
            </Notice>
          ))}
          {answer.totals.raised === 0 ? (
            <EmptyState title="No alert was raised in that time" status="normal" testId="statistics-empty">
              <p>Choose a longer time to look further back.</p>
            </EmptyState>
          ) : (
            <div className="grid gap-5">
              <div className="grid grid-cols-4 gap-3">
                <Figure
                  title="Raised"
                  value={formatCount(answer.totals.raised)}
                  detail={`${formatCount(answer.totals.notified)} told at once, ${formatCount(answer.totals.held)} held`}
                  testId="statistics-raised"
                />
                <SpreadNumber
                  title="Time to acknowledge"
                  spread={answer.acknowledgedAfter}
                  verb="acknowledged"
                />
                <SpreadNumber title="Time to resolve" spread={answer.resolvedAfter} verb="over" />
                <Figure
                  title="Over by themselves"
                  value={share(answer.totals.resolvedByThemselves, answer.totals.resolved)}
                  detail={`of those that are over, nobody acted · ${formatCount(answer.totals.escalated)} escalated, ${formatCount(answer.totals.reopened)} reopened`}
                  testId="statistics-alone"
                />
              </div>
              <Days days={answer.days} />
              <div className="grid grid-cols-3 items-start gap-5">
                <Noise
                  title="Noisiest rules"
                  rows={answer.rules}
                  link={(row) => formatRoute({ view: "rules", ruleId: row.key })}
                />
                <Noise title="Noisiest types" rows={answer.types} />
                <Noise
                  title="Noisiest dashboards"
                  rows={answer.dashboards}
                  link={(row) =>
                    row.dashboard &&
                    formatRoute({ view: "dashboard", dashboard: row.dashboard, section: "alerts" })
                  }
                />
              </div>
            </div>
          )}
        </div>
      )}
    </main>
  );
}

function share(part: number, whole: number): string {
  return whole === 0 ? NO_VALUE : `${Math.round((100 * part) / whole)} %`;
}

function Figure({
  title,
  value,
  detail,
  testId,
}: {
  title: string;
  value: string;
  detail: string;
  testId: string;
}) {
  return (
    <section className="panel px-4 py-3" data-testid={testId}>
      <h2 className="text-fg-2">{title}</h2>
      <p className="font-[620] text-2xl tracking-[-.02em]">{value}</p>
      <p className="text-fg-3 text-sm">{detail}</p>
    </section>
  );
}

function SpreadNumber({ title, spread, verb }: { title: string; spread: Spread; verb: string }) {
  return (
    <Figure
      title={title}
      value={spread.median === null ? NO_VALUE : formatDuration(spread.median)}
      detail={
        spread.count === 0
          ? `none was ${verb} yet`
          : `half; nine in ten within ${formatDuration(spread.p90)} · ${formatCount(spread.count)} ${verb}`
      }
      testId={`statistics-${verb}`}
    />
  );
}

const kinds = [
  { key: "critical", label: "critical", colour: "bg-critical" },
  { key: "serious", label: "error", colour: "bg-serious" },
  { key: "caution", label: "warning", colour: "bg-caution" },
  { key: "standby", label: "info", colour: "bg-standby" },
] as const;

/** Alerts per day, by severity. */
function Days({ days }: { days: AlertDay[] }) {
  const total = (day: AlertDay) => day.critical + day.serious + day.caution + day.standby;
  const most = Math.max(1, ...days.map(total));
  const everyNth = Math.ceil(days.length / 12);
  return (
    <section className="panel px-4 py-3" data-testid="statistics-days">
      <div className="flex items-center gap-4">
        <h2 className="font-semibold">Alerts per day</h2>
        {kinds.map((kind) => (
          <span key={kind.key} className="flex items-center gap-1.5 text-fg-2 text-sm">
            <span className={`size-2 ${kind.colour}`} /> {kind.label}
          </span>
        ))}
        <span className="ml-auto text-fg-3 text-sm">most on one day: {formatCount(most)}</span>
      </div>
      <ol className="mt-3 flex h-28 items-end gap-1">
        {days.map((day) => (
          <li
            key={day.from}
            className="flex h-full min-w-0 flex-1 flex-col justify-end"
            title={`${label(day)}: ${kinds.map((kind) => `${day[kind.key]} ${kind.label}`).join(", ")}`}
          >
            <span className="sr-only">
              {label(day)}: {total(day)} alerts
            </span>
            {kinds.map((kind) => (
              <span
                key={kind.key}
                className={`block w-full ${kind.colour}`}
                style={{
                  height: day[kind.key] === 0 ? 0 : `max(2px, ${(100 * day[kind.key]) / most}%)`,
                }}
              />
            ))}
            {total(day) === 0 && <span className="block h-px w-full bg-line-strong" />}
          </li>
        ))}
      </ol>
      <ol className="mt-1 flex gap-1 text-fg-3 text-xs" aria-hidden>
        {days.map((day, index) => (
          <li key={day.from} className="min-w-0 flex-1 overflow-visible whitespace-nowrap">
            {index % everyNth === 0 ? label(day).slice(5) : ""}
          </li>
        ))}
      </ol>
    </section>
  );
}

const label = (day: AlertDay) => new Date(day.from).toISOString().slice(0, 10);

interface NoiseProps {
  title: string;
  rows: NoiseRow[];
  link?: (row: NoiseRow) => string | null;
}

function Noise({ title, rows, link }: NoiseProps) {
  const most = Math.max(1, ...rows.map((row) => row.raised));
  return (
    <section className="panel min-w-0" aria-label={title}>
      <h2 className="border-b border-line px-3 py-2 font-semibold">{title}</h2>
      {rows.length === 0 && <p className="px-3 py-4 text-fg-3">None in that time.</p>}
      <ol>
        {rows.map((row) => {
          const to = link?.(row);
          return (
            <li
              key={row.key}
              className="border-t border-line px-3 py-1.5 first:border-t-0"
              data-testid="noise-row"
            >
              <div className="flex items-baseline gap-2">
                {to ? (
                  <a href={to} className="min-w-0 flex-1 truncate hover:underline">
                    <Text value={row.name} titled />
                  </a>
                ) : (
                  <Text value={row.name} className="min-w-0 flex-1 truncate" titled />
                )}
                <span className="flex-none font-[560]">{formatCount(row.raised)}</span>
              </div>
              <span className="mt-0.5 block h-1 rounded-full bg-line" aria-hidden>
                <span
                  className="block h-1 rounded-full bg-accent"
                  style={{ width: `${(100 * row.raised) / most}%` }}
                />
              </span>
              <p className="text-fg-3 text-sm">
                {share(row.acknowledged, row.raised)} acknowledged
                {row.lasted !== null && ` · usually over after ${formatDuration(row.lasted)}`}
                {row.reports > row.raised && ` · ${formatCount(row.reports)} reports`}
              </p>
            </li>
          );
        })}
      </ol>
    </section>
  );
}
