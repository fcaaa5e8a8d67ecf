import { useId } from "react";
import type { HubKey } from "../../../bindings/HubKey";
import type { RuleComparison } from "../../../bindings/RuleComparison";
import type { RuleMetric } from "../../../bindings/RuleMetric";
import { Select } from "../../../components/Select";
import { useLatest } from "../../metrics/useLatest";
import type { FieldSpec } from "./ruleForm";

const comparisons: ReadonlyArray<{ value: RuleComparison; label: string }> = [
  { value: "ABOVE", label: "above" },
  { value: "AT_LEAST", label: "at least" },
  { value: "BELOW", label: "below" },
  { value: "AT_MOST", label: "at most" },
];
const silent = [
  { value: "METRIC", label: "a metric" },
  { value: "DASHBOARD", label: "the dashboard" },
  { value: "INGESTION", label: "ingestion of data" },
];
const fleet = [
  { value: "ERROR_OR_OFFLINE", label: "in error or offline" },
  { value: "ERROR", label: "in error" },
  { value: "OFFLINE", label: "offline" },
];
const units = [
  { value: "1", label: "seconds" },
  { value: "60", label: "minutes" },
  { value: "3600", label: "hours" },
] as const;

interface ConditionFieldProps {
  field: FieldSpec;
  value: string;
  metrics: RuleMetric[];
  hub: HubKey;
  invalid: boolean;
  onChange: (value: string) => void;
}

/** One field of a rule's condition. */
export function ConditionField({ field, value, metrics, hub, invalid, onChange }: ConditionFieldProps) {
  switch (field.as) {
    case "metric":
      return <MetricField value={value} metrics={metrics} hub={hub} invalid={invalid} onChange={onChange} />;
    case "comparison":
      return <Choice field={field} value={value} options={comparisons} onChange={onChange} />;
    case "silent":
      return <Choice field={field} value={value} options={silent} onChange={onChange} />;
    case "fleet":
      return <Choice field={field} value={value} options={fleet} onChange={onChange} />;
    case "seconds":
      return <SecondsField field={field} value={value} invalid={invalid} onChange={onChange} />;
    case "number":
      return (
        <input
          className="field"
          inputMode="decimal"
          data-testid={`rule-${field.name}`}
          title={field.hint}
          value={value}
          aria-invalid={invalid || undefined}
          onChange={(event) => onChange(event.target.value)}
        />
      );
  }
}

interface ChoiceProps {
  field: FieldSpec;
  value: string;
  options: ReadonlyArray<{ value: string; label: string }>;
  onChange: (value: string) => void;
}

function Choice({ field, value, options, onChange }: ChoiceProps) {
  return (
    <Select
      label={field.label}
      value={value}
      options={options}
      onChange={onChange}
      testId={`rule-${field.name}`}
      className="!w-full"
    />
  );
}

/** A length of time in the unit one thinks of it in; kept in seconds. */
function SecondsField({
  field,
  value,
  invalid,
  onChange,
}: {
  field: FieldSpec;
  value: string;
  invalid: boolean;
  onChange: (value: string) => void;
}) {
  const seconds = Number(value);
  const fits = (size: number) => seconds > 0 && seconds % size === 0;
  const unit = value === "" || !Number.isFinite(seconds) ? "1" : fits(3600) ? "3600" : fits(60) ? "60" : "1";
  const shown = value === "" || !Number.isFinite(seconds) ? value : String(seconds / Number(unit));
  return (
    <span className="flex gap-1.5">
      <input
        className="field min-w-0 flex-1"
        inputMode="numeric"
        data-testid={`rule-${field.name}`}
        value={shown}
        aria-invalid={invalid || undefined}
        onChange={(event) => {
          const typed = Number(event.target.value);
          onChange(
            event.target.value.trim() === "" || !Number.isFinite(typed)
              ? event.target.value
              : String(typed * Number(unit)),
          );
        }}
      />
      <Select
        label={`Unit of: ${field.label}`}
        value={unit}
        options={units}
        onChange={(next) => onChange(String(Number(shown || "0") * Number(next)))}
        testId={`rule-${field.name}-unit`}
      />
    </span>
  );
}

interface MetricFieldProps {
  value: string;
  metrics: RuleMetric[];
  hub: HubKey;
  invalid: boolean;
  onChange: (value: string) => void;
}

/** The name of a series: those the protocol defines, and those that dashboards report of their own. */
function MetricField({ value, metrics, hub, invalid, onChange }: MetricFieldProps) {
  const id = useId();
  const { answer } = useLatest("series_catalog", {});
  const offered = new Map(metrics.map((metric) => [metric.name, metric.title]));
  for (const group of answer?.groups ?? [])
    for (const series of group.series)
      if (series.dashboards.some((owner) => answer?.dashboards[owner]?.dashboard.hub === hub))
        offered.set(series.name, series.title);
  return (
    <>
      <input
        className="field font-mono"
        list={id}
        spellCheck={false}
        autoComplete="off"
        placeholder="status.responseTime"
        data-testid="rule-metric"
        value={value}
        aria-invalid={invalid || undefined}
        onChange={(event) => onChange(event.target.value)}
      />
      <datalist id={id}>
        {[...offered].map(([name, title]) => (
          <option key={name} value={name}>
            {title}
          </option>
        ))}
      </datalist>
    </>
  );
}
