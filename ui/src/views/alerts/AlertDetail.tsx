import type { AlertRow } from "../../bindings/AlertRow";
import { Button } from "../../components/Button";
import { EmptyState } from "../../components/EmptyState";
import { FreshnessText, Moment } from "../../components/Moment";
import { RequestFailure } from "../../components/Notice";
import { StatusIcon } from "../../components/StatusIcon";
import { MultilineText, Text } from "../../components/Text";
import { formatCount } from "../../format/numbers";
import { plainLine } from "../../format/plainText";
import { formatRoute } from "../../navigation/route";
import type { AlertStep } from "./AlertNoteDialog";
import { stateSentence } from "./alertText";
import { useAlertActions, useAlertDisabled } from "./useAlertActions";

interface AlertDetailProps {
  alert: AlertRow | null;
  onStep: (step: AlertStep) => void;
}

/** Everything about one alert, and everything that can be done with it. */
export function AlertDetail({ alert, onStep }: AlertDetailProps) {
  return (
    <aside
      aria-label="Alert"
      data-testid="alert-detail"
      className="flex min-h-0 flex-col gap-4 overflow-y-auto border-l border-line bg-surface px-4 py-3.5"
    >
      {alert ? (
        <Detail key={alert.alertId} alert={alert} onStep={onStep} />
      ) : (
        <EmptyState title="No alert selected" small />
      )}
    </aside>
  );
}

function Detail({ alert, onStep }: { alert: AlertRow; onStep: (step: AlertStep) => void }) {
  const actions = useAlertActions(alert);
  const busy = actions.pending ? "Under way." : null;
  const disabled = useAlertDisabled(alert) ?? busy;
  const dashboard = formatRoute({ view: "dashboard", dashboard: alert.dashboard, section: "alerts" });
  return (
    <>
      <div>
        <div className="flex items-center justify-between">
          <Text value={alert.type} className="truncate font-mono text-fg-3 text-sm" titled />
          <FreshnessText freshness={alert.freshness} className="text-fg-3 text-xs" />
        </div>
        <div className="mt-1 flex items-start gap-2">
          <StatusIcon status={alert.status} className="mt-1" />
          <h2 className="min-w-0 font-semibold text-lg break-words" data-testid="alert-title">
            <Text value={alert.title} />
          </h2>
        </div>
        <MultilineText value={alert.message} className="mt-1 text-fg-2" />
      </div>

      {alert.actions.length > 0 && (
        <section>
          <h3 className="caps pb-1.5">What can be done</h3>
          <div className="flex flex-wrap gap-1.5">
            {alert.actions.map((action) => (
              <Button
                key={action.index}
                testId={`alert-action-${action.index}`}
                disabledReason={action.disabled ?? busy}
                hint={
                  action.effect.kind === "sendCommand"
                    ? `Sends ${plainLine(action.effect.command)} to ${plainLine(alert.dashboardName)}`
                    : undefined
                }
                onClick={() => void actions.run(action)}
              >
                {plainLine(action.label)}
              </Button>
            ))}
          </div>
        </section>
      )}

      {alert.state !== "resolved" && (
        <div className="flex flex-wrap gap-1.5">
          {alert.state === "raised" && (
            <>
              <Button
                variant="primary"
                testId="ack-button"
                disabledReason={disabled}
                onClick={() => void actions.acknowledge("")}
              >
                Acknowledge
              </Button>
              <Button
                testId="ack-note-button"
                disabledReason={disabled}
                onClick={() => onStep({ kind: "acknowledge", alert })}
              >
                With a note…
              </Button>
            </>
          )}
          <Button
            testId="resolve-button"
            disabledReason={disabled}
            onClick={() => onStep({ kind: "resolve", alert })}
          >
            Resolve…
          </Button>
        </div>
      )}
      <RequestFailure error={actions.error} />

      <dl className="facts">
        <dt>State</dt>
        <dd data-testid="alert-state">{stateSentence(alert)}</dd>
        <dt>Severity</dt>
        <dd>{alert.severity}</dd>
        <dt>Dashboard</dt>
        <dd>
          <a href={dashboard} className="text-accent hover:underline">
            <Text value={alert.dashboardName} />
          </a>
        </dd>
        <dt>First seen</dt>
        <dd>
          <Moment at={alert.firstSeen} />
        </dd>
        <dt>Last seen</dt>
        <dd>
          <Moment at={alert.lastSeen} />
        </dd>
        <dt>Reported</dt>
        <dd>{alert.count === 1 ? "once" : `${formatCount(alert.count)} times`}</dd>
        {alert.acknowledgedAt && (
          <>
            <dt>Acknowledged</dt>
            <dd>
              <Moment at={alert.acknowledgedAt} />
            </dd>
          </>
        )}
        {alert.resolvedAt && (
          <>
            <dt>Resolved</dt>
            <dd>
              <Moment at={alert.resolvedAt} />
            </dd>
          </>
        )}
      </dl>
      {alert.note && (
        <section>
          <h3 className="caps pb-1">Note</h3>
          <MultilineText value={alert.note} className="text-fg-2" />
        </section>
      )}
    </>
  );
}
