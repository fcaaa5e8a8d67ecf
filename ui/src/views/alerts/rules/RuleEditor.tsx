import { useMemo, useState } from "react";
import type { AlertingHub } from "../../../bindings/AlertingHub";
import type { RuleMetric } from "../../../bindings/RuleMetric";
import type { RuleRow } from "../../../bindings/RuleRow";
import type { Severity } from "../../../bindings/Severity";
import { Button } from "../../../components/Button";
import { RequestFailure } from "../../../components/Notice";
import { Segmented } from "../../../components/Segmented";
import { Select } from "../../../components/Select";
import { Text } from "../../../components/Text";
import { formatInstant } from "../../../format/times";
import { MatcherField } from "../silences/MatcherField";
import { useAlerting } from "../useAlerting";
import { BackTest } from "./BackTest";
import { ConditionField } from "./ConditionField";
import { emptyForm, formOf, idOf, kinds, type RuleForm, ruleOf, specOf, withKind } from "./ruleForm";

const severities: ReadonlyArray<{ value: Severity; label: string }> = [
  { value: "info", label: "info" },
  { value: "warning", label: "warning" },
  { value: "error", label: "error" },
  { value: "critical", label: "critical" },
];

interface RuleEditorProps {
  hub: AlertingHub;
  /** Null for a new rule. */
  row: RuleRow | null;
  metrics: RuleMetric[];
  onSaved: (id: string, warnings: string[]) => void;
  onDeleted: () => void;
}

/** A rule, to be changed and tried. What is wrong with it is said beside it; the hub has the last word. */
export function RuleEditor({ hub, row, metrics, onSaved, onDeleted }: RuleEditorProps) {
  const [form, setForm] = useState<RuleForm>(() => (row ? formOf(row.rule) : emptyForm()));
  // The version that is changed is the one that was read, whatever came since.
  const [version] = useState(row?.version ?? 0);
  const [shown, setShown] = useState(false);
  const alerting = useAlerting();
  const result = useMemo(() => ruleOf(form), [form]);
  const problems = "problems" in result ? result.problems : {};
  const rule = "rule" in result ? result.rule : null;
  const spec = specOf(form.kind);
  const unit = metrics.find((metric) => metric.name === form.fields.metric.trim())?.unit ?? "";
  const set = (part: Partial<RuleForm>) => setForm((before) => ({ ...before, ...part }));
  const problem = (name: string) => (shown ? problems[name] : undefined);

  const save = async (enabled: boolean) => {
    setShown(true);
    if (!rule) return;
    const done = await alerting.change(hub.hub, {
      kind: "saveRule",
      rule: { ...rule, enabled },
      expectedVersion: version,
    });
    if (done) onSaved(rule.id, done.warnings);
  };
  const remove = async () => {
    if (!row) return;
    const done = await alerting.change(hub.hub, { kind: "deleteRule", ruleId: row.rule.id });
    if (done) onDeleted();
  };
  const disabled = hub.disabled ?? (alerting.pending ? "Under way." : null);

  return (
    <form
      className="grid gap-4 px-5 py-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (disabled === null) void save(form.enabled);
      }}
    >
      <div className="flex items-baseline gap-3">
        <h2 className="min-w-0 flex-1 truncate font-semibold text-lg">
          {row ? <Text value={row.rule.title} /> : "New rule"}
        </h2>
        {row?.changedAt && (
          <span className="flex-none text-fg-3 text-sm" title={formatInstant(row.changedAt)}>
            version {row.version}
            {row.changedBy && (
              <>
                {" "}
                by <Text value={row.changedBy} />
              </>
            )}
          </span>
        )}
      </div>

      <div className="grid grid-cols-[minmax(0,1fr)_auto] gap-3">
        <Labelled label="Title of its alerts" problem={problem("title")}>
          <input
            className="field"
            data-testid="rule-title"
            value={form.title}
            maxLength={200}
            aria-invalid={problem("title") ? true : undefined}
            onChange={(event) => set({ title: event.target.value })}
          />
        </Labelled>
        <Labelled label="Severity">
          <Select
            label="Severity"
            value={form.severity}
            options={severities}
            onChange={(severity) => set({ severity })}
            testId="rule-severity"
          />
        </Labelled>
      </div>

      <section className="grid gap-3">
        <h3 className="caps">When it fires</h3>
        <div className="flex flex-wrap gap-1" role="group" aria-label="Kind of rule">
          {kinds.map((kind) => (
            <button
              key={kind.kind}
              type="button"
              aria-pressed={kind.kind === form.kind}
              data-testid={`rule-kind-${kind.kind}`}
              className="btn aria-pressed:border-accent aria-pressed:bg-accent-quiet"
              onClick={() => setForm((before) => withKind(before, kind.kind))}
            >
              {kind.label}
            </button>
          ))}
        </div>
        <p className="text-fg-2">{spec.about}</p>
        <div className="grid grid-cols-2 gap-x-3 gap-y-2.5">
          {spec.fields
            .filter(
              (field) => !(form.kind === "ABSENCE" && field.as === "metric" && form.fields.what !== "METRIC"),
            )
            .map((field) => (
              <Labelled
                key={field.name}
                label={`${field.label}${field.inUnit && unit ? ` (${unit})` : ""}${field.optional && field.as !== "metric" ? ", if another" : ""}`}
                problem={problem(field.name)}
                className={field.as === "metric" ? "col-span-2" : ""}
              >
                <ConditionField
                  field={field}
                  value={form.fields[field.name]}
                  metrics={metrics}
                  hub={hub.hub}
                  invalid={problem(field.name) !== undefined}
                  onChange={(value) =>
                    setForm((before) => ({ ...before, fields: { ...before.fields, [field.name]: value } }))
                  }
                />
              </Labelled>
            ))}
        </div>
      </section>

      <MatcherField
        label="On which dashboards; on all without a matcher"
        matchers={form.dashboards}
        onChange={(dashboards) => set({ dashboards })}
        testId="rule-dashboards"
        offered={["dashboard", "useCase", "environment", "type"]}
        optional
      />

      <BackTest hub={hub.hub} rule={rule} onMissing={() => setShown(true)} />

      <details open={form.description !== "" || form.runbook !== "" || form.command !== ""}>
        <summary className="caps cursor-default">What to do, and labels</summary>
        <div className="grid gap-3 pt-2.5">
          <Labelled label="What it means and what to do, in a sentence or two">
            <textarea
              className="field !font-[family-name:var(--font)]"
              rows={2}
              data-testid="rule-description"
              value={form.description}
              maxLength={1000}
              onChange={(event) => set({ description: event.target.value })}
            />
          </Labelled>
          <div className="grid grid-cols-2 gap-3">
            <Labelled label="Runbook page">
              <input
                className="field"
                data-testid="rule-runbook"
                placeholder="https://"
                value={form.runbook}
                onChange={(event) => set({ runbook: event.target.value })}
              />
            </Labelled>
            <Labelled label="Command that becomes a button">
              <input
                className="field font-mono"
                data-testid="rule-command"
                placeholder="REFRESH_DATA"
                value={form.command}
                onChange={(event) => set({ command: event.target.value })}
              />
            </Labelled>
          </div>
          <Labelled label="Labels of its alerts, such as team=energy; one a line" problem={problem("labels")}>
            <textarea
              className="field"
              rows={2}
              data-testid="rule-labels"
              value={form.labels.join("\n")}
              onChange={(event) => set({ labels: event.target.value.split("\n") })}
            />
          </Labelled>
          {!row && (
            <Labelled label="Id; it cannot be changed later">
              <input
                className="field font-mono"
                data-testid="rule-id"
                placeholder={idOf(form.title)}
                value={form.id}
                onChange={(event) => set({ id: event.target.value })}
              />
            </Labelled>
          )}
        </div>
      </details>

      {shown && Object.keys(problems).length > 0 && (
        <ul className="grid gap-0.5 text-serious" role="alert" data-testid="rule-problems">
          {Object.entries(problems).map(([name, text]) => (
            <li key={name}>{text}</li>
          ))}
        </ul>
      )}
      <RequestFailure error={alerting.error} />
      <div className="flex flex-wrap items-center gap-2 border-t border-line pt-3">
        {row && (
          <Button
            variant="quiet"
            testId="rule-delete"
            disabledReason={disabled}
            onClick={() => void remove()}
          >
            Remove
          </Button>
        )}
        <div className="ml-auto">
          <Segmented
            label="Whether it is evaluated"
            value={form.enabled ? "on" : "off"}
            options={[
              { value: "off", label: "Off" },
              { value: "on", label: "On" },
            ]}
            onChange={(value) => set({ enabled: value === "on" })}
            testId="rule-on"
          />
        </div>
        <Button type="submit" variant="primary" testId="rule-save" disabledReason={disabled}>
          {row ? "Save" : form.enabled ? "Create, switched on" : "Create, switched off"}
        </Button>
      </div>
    </form>
  );
}

interface LabelledProps {
  label: string;
  problem?: string | undefined;
  className?: string;
  children: React.ReactNode;
}

function Labelled({ label, problem, className, children }: LabelledProps) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is what it is wrapped around
    <label className={`grid content-start gap-1 ${className ?? ""}`}>
      <span className="text-fg-2 text-sm">{label}</span>
      {children}
      {problem && <span className="sr-only">{problem}</span>}
    </label>
  );
}
