import { useEffect, useState } from "react";
import type { AlertSettings } from "../../../bindings/AlertSettings";
import type { HubKey } from "../../../bindings/HubKey";
import type { Severity } from "../../../bindings/Severity";
import { Button } from "../../../components/Button";
import { RequestFailure } from "../../../components/Notice";
import { Text } from "../../../components/Text";
import { useAlerting } from "../useAlerting";

interface GroupingProps {
  hub: HubKey;
  settings: AlertSettings;
  hubName: string | null;
  disabled: string | null;
}

const severities: ReadonlyArray<Severity> = ["critical", "error", "warning"];

/** How a hub groups alerts and when it escalates them. */
export function Grouping({ hub, settings, hubName, disabled }: GroupingProps) {
  const alerting = useAlerting();
  const known = JSON.stringify(settings);
  const [groupBy, setGroupBy] = useState("");
  const [wait, setWait] = useState("");
  const [after, setAfter] = useState<Partial<Record<Severity, string>>>({});
  // biome-ignore lint/correctness/useExhaustiveDependencies: settings that are the same are not typed over
  useEffect(() => {
    setGroupBy(settings.groupBy.join(", "));
    setWait(String(settings.groupWaitSeconds));
    setAfter(
      Object.fromEntries(settings.escalation.map((one) => [one.severity, String(one.afterSeconds / 60)])),
    );
  }, [known]);
  const wanted: AlertSettings = {
    groupBy: groupBy
      .split(",")
      .map((label) => label.trim())
      .filter(Boolean),
    groupWaitSeconds: Number(wait),
    // Those that have no field here stay as they are.
    escalation: [
      ...settings.escalation.filter((one) => !severities.includes(one.severity)),
      ...severities.flatMap((severity) => {
        const minutes = Number(after[severity]);
        return after[severity] && minutes > 0 ? [{ severity, afterSeconds: Math.round(minutes * 60) }] : [];
      }),
    ],
  };
  const order = (one: AlertSettings) =>
    JSON.stringify({
      ...one,
      escalation: [...one.escalation].sort((a, b) => a.severity.localeCompare(b.severity)),
    });
  const changed = order(wanted) !== order(settings);
  return (
    <section className="panel min-w-0" aria-label="Grouping and escalation">
      <div className="flex min-h-11 items-center gap-2 border-b border-line px-3 py-1.5">
        <h2 className="font-semibold">Grouping and escalation</h2>
        {hubName && <Text value={hubName} className="text-fg-3" />}
      </div>
      <form
        className="grid gap-3 p-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (changed && !disabled && !alerting.pending)
            void alerting.change(hub, { kind: "saveSettings", settings: wanted });
        }}
      >
        <label className="grid gap-1">
          <span className="text-fg-2 text-sm">
            Alerts with the same values of these labels are told together
          </span>
          <input
            className="field font-mono"
            data-testid="group-by"
            value={groupBy}
            placeholder="none: each alert by itself"
            onChange={(event) => setGroupBy(event.target.value)}
          />
        </label>
        <label className="grid grid-cols-[minmax(0,1fr)_88px] items-center gap-2">
          <span className="text-fg-2 text-sm">After a group was told, further ones wait (seconds)</span>
          <input
            type="number"
            min={0}
            max={3600}
            className="field"
            data-testid="group-wait"
            value={wait}
            onChange={(event) => setWait(event.target.value)}
          />
        </label>
        {severities.map((severity) => (
          <label key={severity} className="grid grid-cols-[minmax(0,1fr)_88px] items-center gap-2">
            <span className="text-fg-2 text-sm">
              {severity === "critical" ? "Critical" : severity === "error" ? "Error" : "Warning"} that nobody
              takes up is escalated after (minutes)
            </span>
            <input
              type="number"
              min={0}
              step="any"
              className="field"
              data-testid={`escalate-${severity}`}
              placeholder="never"
              value={after[severity] ?? ""}
              onChange={(event) => setAfter((before) => ({ ...before, [severity]: event.target.value }))}
            />
          </label>
        ))}
        <RequestFailure error={alerting.error} />
        <div className="flex justify-end">
          <Button
            type="submit"
            variant={changed ? "primary" : "normal"}
            testId="grouping-save"
            disabledReason={
              disabled ?? (alerting.pending ? "Under way." : changed ? null : "Nothing was changed.")
            }
          >
            Save
          </Button>
        </div>
      </form>
    </section>
  );
}
