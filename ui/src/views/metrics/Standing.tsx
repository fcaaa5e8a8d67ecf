import { useState } from "react";
import type { DashboardKey } from "../../bindings/DashboardKey";
import type { RankBy } from "../../bindings/RankBy";
import { Segmented } from "../../components/Segmented";
import { Select } from "../../components/Select";
import { StatusIcon } from "../../components/StatusIcon";
import { Text } from "../../components/Text";
import { formatUnit } from "../../format/numbers";
import type { Stretch } from "../../frame/conductor/span";
import { keyText } from "../../navigation/route";

import { useLatest } from "./useLatest";

const rankings: ReadonlyArray<{ value: RankBy; label: string }> = [
  { value: "failing", label: "worst mean" },
  { value: "mean", label: "mean" },
  { value: "max", label: "greatest" },
  { value: "p95", label: "95th percentile" },
  { value: "last", label: "last" },
];

interface StandingProps {
  name: string;
  stretch: Stretch;
  chosen: DashboardKey[];
  onToggle: (dashboard: DashboardKey) => void;
}

/** How the dashboards of the fleet compare by one series: the top, and who is unlike the rest. A click draws one. */
export function Standing({ name, stretch, chosen, onToggle }: StandingProps) {
  const [view, setView] = useState<"top" | "outliers">("top");
  const [by, setBy] = useState<RankBy>("failing");
  const ranking = useLatest(
    "rank_series",
    view === "top" ? { request: { name, ...stretch, by, limit: 20 } } : null,
  );
  const compared = useLatest("outliers", view === "outliers" ? { request: { name, ...stretch } } : null);
  const { error } = view === "top" ? ranking : compared;
  const keys = new Set(chosen.map(keyText));
  const title = ranking.answer?.title ?? compared.answer?.title ?? "";
  const unit = ranking.answer?.unit ?? compared.answer?.unit ?? "";
  return (
    <section
      aria-label="Who stands out"
      className="flex min-h-0 flex-1 flex-col gap-2.5"
      data-testid="standing"
    >
      <h2 className="caps">Who stands out</h2>
      <Text value={title} className="truncate font-semibold" titled />
      <div className="flex flex-wrap items-center gap-2">
        <Segmented
          label="Compare by"
          testId="standing-view"
          value={view}
          options={[
            { value: "top", label: "Top" },
            { value: "outliers", label: "Outliers" },
          ]}
          onChange={setView}
        />
        {view === "top" && (
          <Select
            label="Ranked by"
            prefix="By"
            value={by}
            options={rankings}
            onChange={setBy}
            testId="rank-by"
          />
        )}
      </div>
      {error && <p className="text-caution text-sm">{error.message}</p>}
      <ol className="min-h-0 flex-1 overflow-y-auto">
        {view === "top" &&
          ranking.answer?.rows.map((row) => (
            <Row
              key={keyText(row.dashboard)}
              name={row.dashboardName}
              value={formatUnit(row.value, unit)}
              share={row.share}
              pressed={keys.has(keyText(row.dashboard))}
              onClick={() => onToggle(row.dashboard)}
            />
          ))}
        {view === "outliers" &&
          compared.answer?.rows
            .slice(0, 100)
            .map((row) => (
              <Row
                key={keyText(row.dashboard)}
                name={row.dashboardName}
                value={formatUnit(row.value, unit)}
                share={Math.min(1, Math.abs(row.score) / 10)}
                mark={row.isOutlier ? (row.isWorse ? "worse" : "better") : undefined}
                note={`${row.score > 0 ? "+" : "−"}${Math.abs(row.score).toFixed(1)} σ`}
                pressed={keys.has(keyText(row.dashboard))}
                onClick={() => onToggle(row.dashboard)}
              />
            ))}
      </ol>
      {view === "top" && ranking.answer && (
        <p className="flex-none text-fg-3 text-sm">
          {ranking.answer.rows.length} of {ranking.answer.compared} dashboards
          {ranking.answer.isEstimate && "; the percentile is an estimate"}
        </p>
      )}
      {view === "outliers" && compared.answer && (
        <p className="flex-none text-fg-3 text-sm">
          {compared.answer.compared < 5
            ? "With fewer than five dashboards none is called an outlier."
            : `${compared.answer.outliers} of ${compared.answer.compared} are unlike the rest; the middle is ${formatUnit(compared.answer.median, unit)}.`}
        </p>
      )}
    </section>
  );
}

interface RowProps {
  name: string;
  value: string;
  share: number;
  note?: string;
  mark?: "worse" | "better" | undefined;
  pressed: boolean;
  onClick: () => void;
}

function Row({ name, value, share, note, mark, pressed, onClick }: RowProps) {
  return (
    <li>
      <button
        type="button"
        aria-pressed={pressed}
        onClick={onClick}
        className="relative flex h-7 w-full items-center gap-2 rounded-sm px-1.5 text-left text-sm hover:bg-raised aria-pressed:bg-accent-quiet"
      >
        <span
          aria-hidden="true"
          className={`absolute bottom-0.5 left-1.5 h-0.5 rounded-full ${mark === "worse" ? "bg-serious" : "bg-line-strong"}`}
          style={{ width: `${Math.max(0, share) * 92}%` }}
        />
        {mark === "worse" && <StatusIcon status="serious" label="Outlier, for the worse" />}
        <Text value={name} className="min-w-0 flex-1 truncate" titled />
        {note && <span className="flex-none text-fg-3 tabular-nums">{note}</span>}
        <span className="flex-none tabular-nums">{value}</span>
      </button>
    </li>
  );
}
