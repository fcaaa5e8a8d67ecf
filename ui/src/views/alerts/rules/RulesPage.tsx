import { useState } from "react";
import type { HubKey } from "../../../bindings/HubKey";
import type { RuleRow } from "../../../bindings/RuleRow";
import { Button } from "../../../components/Button";
import { EmptyState, FailedState, LoadingState } from "../../../components/EmptyState";
import { FilterBox } from "../../../components/FilterBox";
import { Notice, RequestFailure } from "../../../components/Notice";
import { Select } from "../../../components/Select";
import { StatusIcon, severityStatus } from "../../../components/StatusIcon";
import { Text } from "../../../components/Text";
import { formatCount } from "../../../format/numbers";
import { useShortcuts } from "../../../keyboard/useShortcuts";
import { formatRoute } from "../../../navigation/route";
import { navigate, replaceRoute } from "../../../navigation/useRoute";
import { useView } from "../../../platform/useView";
import { AlertTabs } from "../AlertTabs";
import { useAlerting } from "../useAlerting";
import { RuleEditor } from "./RuleEditor";
import { ExportDialog, ImportDialog } from "./RuleText";

/** The id in the address of a rule that is not there yet. */
const NEW = "new";

/** What raises alerts: a list, and an editor that tries a rule on what was recorded before it is switched on. */
export function RulesPage({ ruleId }: { ruleId: string | null }) {
  const { model, error } = useView<"rules">({ view: "rules" });
  const [hubChosen, setHubChosen] = useState<HubKey | null>(null);
  const [filter, setFilter] = useState("");
  const [dialog, setDialog] = useState<"import" | "export" | null>(null);
  const [warnings, setWarnings] = useState<string[]>([]);
  const alerting = useAlerting();
  const hubs = model?.hubs.filter((hub) => model.rules.some((row) => row.hub === hub.hub)) ?? [];
  const hub = hubs.find((one) => one.hub === hubChosen) ?? hubs[0] ?? null;
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const rules = (model?.rules ?? []).filter((row) => {
    if (row.hub !== hub?.hub) return false;
    const text = [row.rule.title, row.rule.id, row.kind, row.condition].join(" ").toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const own = model?.rules.find((row) => row.hub === hub?.hub && row.rule.id === ruleId) ?? null;
  const isNew = ruleId === NEW;

  const go = (steps: number) => {
    const at = rules.findIndex((row) => row.rule.id === ruleId);
    const next = rules[Math.min(rules.length - 1, Math.max(0, at + steps))];
    if (next) replaceRoute({ view: "rules", ruleId: next.rule.id });
  };
  useShortcuts({
    j: () => go(1),
    k: () => go(-1),
    n: () => hub && hub.disabled === null && navigate({ view: "rules", ruleId: NEW }),
  });

  return (
    <main className="grid min-h-0 flex-1 grid-cols-[minmax(0,1fr)_minmax(480px,48%)]">
      <div className="flex min-h-0 min-w-0 flex-col">
        <AlertTabs view="rules">
          <div className="flex min-w-0 flex-1 basis-[420px] flex-wrap items-center gap-2">
            <FilterBox
              value={filter}
              placeholder="Filter: title, metric, kind"
              onChange={setFilter}
              testId="rules-filter"
            />
            {hubs.length > 1 && hub && (
              <Select
                label="Hub"
                value={hub.hub}
                options={hubs.map((one) => ({ value: one.hub, label: one.name }))}
                onChange={setHubChosen}
                testId="rules-hub"
              />
            )}
            <Button
              disabledReason={hub ? hub.disabled : "There is no hub yet."}
              onClick={() => setDialog("import")}
              testId="rules-import"
            >
              Import…
            </Button>
            <Button
              disabledReason={hub ? null : "There is no hub yet."}
              onClick={() => setDialog("export")}
              testId="rules-export"
            >
              Export…
            </Button>
            <Button
              variant="primary"
              disabledReason={hub ? hub.disabled : "There is no hub yet."}
              onClick={() => navigate({ view: "rules", ruleId: NEW })}
              testId="rule-new"
            >
              New rule
            </Button>
          </div>
        </AlertTabs>
        {hub?.disabled && (
          <Notice status="standby" className="mx-5 mb-2" testId="rules-disabled">
            {hub.disabled} Rules can be looked at and tried on what was recorded.
          </Notice>
        )}
        {warnings.length > 0 && (
          <Notice
            status="caution"
            className="mx-5 mb-2"
            testId="rule-warnings"
            action={
              <Button variant="quiet" onClick={() => setWarnings([])}>
                Dismiss
              </Button>
            }
          >
            {warnings.map((warning) => (
              <p key={warning}>
                <Text value={warning} />
              </p>
            ))}
          </Notice>
        )}
        <RequestFailure error={alerting.error} className="mx-5 mb-2" />
        {error && !model ? (
          <FailedState what="the rules" error={error} />
        ) : !model ? (
          <div className="px-5">
            <LoadingState what="the rules" />
          </div>
        ) : rules.length === 0 ? (
          <EmptyState
            title={filter ? "No rule passes the filter" : "There are no rules"}
            testId="rules-empty"
          >
            {filter ? (
              <Button onClick={() => setFilter("")}>Clear the filter</Button>
            ) : (
              <p>Rules come with every hub; they appear when one is connected.</p>
            )}
          </EmptyState>
        ) : (
          <ul className="min-h-0 flex-1 overflow-y-auto px-5 pb-4" data-testid="rule-list">
            {rules.map((row) => (
              <RuleLine
                key={row.rule.id}
                row={row}
                current={row.rule.id === ruleId}
                disabled={hub?.disabled ?? (alerting.pending ? "Under way." : null)}
                onEnable={(enabled) =>
                  void alerting.change(row.hub, { kind: "enableRule", ruleId: row.rule.id, enabled })
                }
              />
            ))}
          </ul>
        )}
      </div>
      <aside
        aria-label="Rule"
        className="flex min-h-0 flex-col overflow-y-auto border-l border-line bg-surface"
        data-testid="rule-editor"
      >
        {model && hub && (isNew || own) ? (
          <RuleEditor
            key={`${hub.hub} ${ruleId}`}
            hub={hub}
            row={own}
            metrics={model.metrics}
            onSaved={(id, said) => {
              setWarnings(said);
              replaceRoute({ view: "rules", ruleId: id });
            }}
            onDeleted={() => replaceRoute({ view: "rules", ruleId: null })}
          />
        ) : ruleId && model ? (
          <EmptyState title="There is no such rule" small>
            <p>It was removed, or its hub is another one.</p>
          </EmptyState>
        ) : (
          <EmptyState title="No rule chosen" small>
            <p>Choose one to see and change it, or make a new one and try it on what was recorded.</p>
          </EmptyState>
        )}
      </aside>
      {dialog === "import" && hub && (
        <ImportDialog
          hub={hub.hub}
          onDone={(said) => {
            setWarnings(said);
            setDialog(null);
          }}
          onClose={() => setDialog(null)}
        />
      )}
      {dialog === "export" && hub && <ExportDialog hub={hub.hub} onClose={() => setDialog(null)} />}
    </main>
  );
}

interface RuleLineProps {
  row: RuleRow;
  current: boolean;
  disabled: string | null;
  onEnable: (enabled: boolean) => void;
}

function RuleLine({ row, current, disabled, onEnable }: RuleLineProps) {
  const { rule } = row;
  return (
    <li
      data-testid={`rule-${rule.id}`}
      data-enabled={rule.enabled}
      data-current={current}
      className="mb-1.5 flex items-center gap-3 rounded-md border border-line bg-surface px-3 py-2 data-[current=true]:border-accent data-[current=true]:bg-raised"
    >
      <a
        href={formatRoute({ view: "rules", ruleId: rule.id })}
        className={`grid min-w-0 flex-1 grid-cols-[12px_minmax(0,1fr)] gap-x-2 ${rule.enabled ? "" : "opacity-70"}`}
      >
        <StatusIcon
          status={rule.enabled ? severityStatus[rule.severity] : "off"}
          label={rule.enabled ? rule.severity : "Switched off"}
          className="mt-1"
        />
        <span className="min-w-0">
          <span className="flex items-center gap-2">
            <Text value={rule.title} className="truncate font-semibold" titled />
            {row.isBuiltIn && (
              <span className="flex-none rounded-sm border border-line-strong px-1 text-2xs text-fg-2">
                {row.version === 0 ? "built in" : "built in, changed"}
              </span>
            )}
          </span>
          <Text value={row.condition} className="block text-pretty text-fg-2 text-sm" />
          <span className="block text-fg-3 text-sm">
            {row.kind} ·{" "}
            {row.raised === 0
              ? "never fired"
              : `fired ${formatCount(row.raised)} ${row.raised === 1 ? "time" : "times"}`}
            {row.open > 0 && <span className="text-fg-2"> · {formatCount(row.open)} open</span>}
          </span>
        </span>
      </a>
      <EnableSwitch
        label={rule.title}
        checked={rule.enabled}
        disabled={disabled}
        onChange={onEnable}
        id={rule.id}
      />
    </li>
  );
}

interface EnableSwitchProps {
  id: string;
  label: string;
  checked: boolean;
  disabled: string | null;
  onChange: (checked: boolean) => void;
}

function EnableSwitch({ id, label, checked, disabled, onChange }: EnableSwitchProps) {
  return (
    <button
      type="button"
      role="switch"
      aria-checked={checked}
      aria-label={`${label}: on`}
      aria-disabled={disabled !== null || undefined}
      title={disabled ?? (checked ? "Switch it off" : "Switch it on")}
      data-testid={`rule-enabled-${id}`}
      onClick={() => disabled === null && onChange(!checked)}
      className="h-5 w-9 flex-none rounded-full border border-line-strong bg-overlay p-px aria-checked:border-accent aria-checked:bg-accent aria-disabled:opacity-50"
    >
      <span className={`block size-4 rounded-full ${checked ? "translate-x-4 bg-on-accent" : "bg-fg-2"}`} />
    </button>
  );
}
