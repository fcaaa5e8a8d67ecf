import type { AlertDetail as Detail } from "../../../bindings/AlertDetail";
import type { AlertRow } from "../../../bindings/AlertRow";
import { Button } from "../../../components/Button";
import { CopyButton } from "../../../components/CopyButton";
import { EmptyState } from "../../../components/EmptyState";
import { FreshnessText, Moment } from "../../../components/Moment";
import { Notice, RequestFailure } from "../../../components/Notice";
import { StatusIcon } from "../../../components/StatusIcon";
import { CodeText, MultilineText, Text } from "../../../components/Text";
import { formatCount } from "../../../format/numbers";
import { plainLine } from "../../../format/plainText";
import { useNow } from "../../../format/useNow";
import { formatRoute } from "../../../navigation/route";
import type { AlertStep } from "../AlertStepDialog";
import { holdRoute, holdText, stateSentence } from "../alertText";
import { useAlertActions, useAlertDisabled } from "../useAlertActions";
import { useAlerting } from "../useAlerting";
import { AlertChart } from "./AlertChart";
import { Around } from "./Around";
import { Similar } from "./Similar";
import { Timeline } from "./Timeline";

interface AlertDetailProps {
  alert: AlertRow | null;
  detail: Detail | null;
  /** Whether it takes the whole page. */
  wide?: boolean;
  onStep: (step: AlertStep) => void;
  onSilence: () => void;
}

/** Everything about one alert, and everything that can be done with it. */
export function AlertDetail({ alert, detail, wide, onStep, onSilence }: AlertDetailProps) {
  if (!alert)
    return (
      <aside
        aria-label="Alert"
        data-testid="alert-detail"
        className="flex min-h-0 flex-col border-l border-line bg-surface"
      >
        <EmptyState title="No alert selected" small />
      </aside>
    );
  const known = detail?.row.alertId === alert.alertId ? detail : null;
  if (wide)
    return (
      <section
        aria-label="Alert"
        data-testid="alert-detail"
        data-wide="true"
        className="min-h-0 flex-1 overflow-y-auto"
      >
        <p className="px-5 pt-4">
          <a
            href={formatRoute({ view: "alerts", alertId: alert.alertId })}
            className="text-fg-2 hover:text-fg hover:underline"
            data-testid="alert-back"
          >
            ← Inbox
          </a>
        </p>
        <div className="grid grid-cols-[minmax(0,1.5fr)_minmax(340px,1fr)] items-start gap-x-6 px-5 pt-3 pb-6">
          <div className="grid min-w-0 gap-5">
            <Head alert={alert} />
            <Actions key={alert.alertId} alert={alert} detail={known} onStep={onStep} onSilence={onSilence} />
            <Holds alert={alert} />
            {known && <AlertChart detail={known} height={220} />}
            {known && <Timeline detail={known} />}
          </div>
          <div className="grid min-w-0 gap-5">
            <Facts alert={alert} detail={known} />
            {known && <Similar detail={known} />}
            {known && <Around detail={known} />}
            {known && known.context !== "" && (
              <details>
                <summary className="caps cursor-default">What its producer says of it</summary>
                <CodeText value={known.context} className="mt-1.5 max-h-72" />
              </details>
            )}
          </div>
        </div>
      </section>
    );
  return (
    <aside
      aria-label="Alert"
      data-testid="alert-detail"
      className="flex min-h-0 flex-col gap-4 overflow-y-auto border-l border-line bg-surface px-4 py-3.5"
    >
      <Head alert={alert} />
      <Actions key={alert.alertId} alert={alert} detail={known} onStep={onStep} onSilence={onSilence} />
      <Holds alert={alert} />
      {known && <AlertChart detail={known} height={140} />}
      {known && <Timeline detail={known} />}
      <Facts alert={alert} detail={known} />
      {known && <Similar detail={known} />}
      <p>
        <a
          href={formatRoute({ view: "alerts", alertId: alert.alertId, open: true })}
          className="text-accent hover:underline"
          data-testid="alert-open"
        >
          Open, with what happened around it
        </a>
      </p>
    </aside>
  );
}

function Head({ alert }: { alert: AlertRow }) {
  return (
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
  );
}

interface ActionsProps {
  alert: AlertRow;
  detail: Detail | null;
  onStep: (step: AlertStep) => void;
  onSilence: () => void;
}

function Actions({ alert, detail, onStep, onSilence }: ActionsProps) {
  const actions = useAlertActions(alert);
  const alerting = useAlerting();
  const busy = actions.pending || alerting.pending ? "Under way." : null;
  const disabled = useAlertDisabled(alert) ?? busy;
  const step = (kind: AlertStep["kind"]) => () => onStep({ kind, alert });
  const isOpen = alert.state !== "resolved";
  return (
    <div className="grid gap-2">
      {(alert.actions.length > 0 || detail?.runbook) && (
        <div className="flex flex-wrap items-center gap-1.5">
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
          {detail?.runbook && (
            <span className="flex min-w-0 items-center gap-1.5 text-fg-2" data-testid="alert-runbook">
              Runbook <span className="min-w-0 truncate font-mono text-sm select-text">{detail.runbook}</span>
              <CopyButton
                text={detail.runbook}
                label="Copy the address of the runbook"
                failure="Select it to copy"
              >
                Copy
              </CopyButton>
            </span>
          )}
        </div>
      )}
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
            <Button testId="ack-note-button" disabledReason={disabled} onClick={step("acknowledge")}>
              With a note…
            </Button>
          </>
        )}
        {isOpen && (
          <>
            <Button testId="assign-button" disabledReason={disabled} onClick={step("assign")}>
              Assign…
            </Button>
            <Button testId="silence-button" disabledReason={disabled} onClick={onSilence}>
              Silence…
            </Button>
            {alert.shelvedUntil ? (
              <Button
                testId="unshelve-button"
                disabledReason={disabled}
                onClick={() =>
                  void alerting.change(alert.dashboard.hub, { kind: "unshelve", alertId: alert.alertId })
                }
              >
                Take off the shelf
              </Button>
            ) : (
              <Button testId="shelve-button" disabledReason={disabled} onClick={step("shelve")}>
                Shelve…
              </Button>
            )}
            <Button testId="resolve-button" disabledReason={disabled} onClick={step("resolve")}>
              Resolve…
            </Button>
          </>
        )}
        {!isOpen && (
          <Button testId="reopen-button" disabledReason={disabled} onClick={step("reopen")}>
            Reopen…
          </Button>
        )}
        <Button testId="note-button" disabledReason={disabled} onClick={step("note")}>
          Note…
        </Button>
      </div>
      <RequestFailure error={actions.error ?? alerting.error} />
    </div>
  );
}

/** Why the alert did not notify, each leading to what held it. */
function Holds({ alert }: { alert: AlertRow }) {
  const now = useNow();
  if (alert.holds.length === 0) return null;
  return (
    <Notice status="standby" testId="alert-holds">
      <p className="font-[560]">It does not notify</p>
      <ul>
        {alert.holds.map((hold) => (
          <li key={`${hold.kind} ${hold.holder ?? hold.alertId ?? ""}`}>
            {hold.kind === "shelf" ? (
              holdText(hold, now)
            ) : (
              <a href={formatRoute(holdRoute(hold))} className="text-accent hover:underline">
                {holdText(hold, now)}
              </a>
            )}
          </li>
        ))}
      </ul>
    </Notice>
  );
}

function Facts({ alert, detail }: { alert: AlertRow; detail: Detail | null }) {
  const dashboard = formatRoute({ view: "dashboard", dashboard: alert.dashboard, section: "alerts" });
  const own = detail?.labels.filter((label) => !known.has(label.name)) ?? [];
  return (
    <section>
      <dl className="facts">
        <dt>State</dt>
        <dd data-testid="alert-state">{stateSentence(alert)}</dd>
        <dt>Severity</dt>
        <dd>{alert.severity}</dd>
        {alert.assignedTo && (
          <>
            <dt>Assigned to</dt>
            <dd data-testid="alert-assigned">
              <Text value={alert.assignedTo} />
            </dd>
          </>
        )}
        {detail?.rule && (
          <>
            <dt>Rule</dt>
            <dd>
              <a
                href={formatRoute({ view: "rules", ruleId: detail.rule.ruleId })}
                className="text-accent hover:underline"
                title={plainLine(detail.rule.condition)}
              >
                <Text value={detail.rule.title} />
              </a>
            </dd>
          </>
        )}
        <dt>Dashboard</dt>
        <dd>
          <a href={dashboard} className="text-accent hover:underline">
            <Text value={alert.dashboardName} />
          </a>
        </dd>
        {alert.useCase && (
          <>
            <dt>Use case</dt>
            <dd>
              <Text value={alert.useCase} />
            </dd>
          </>
        )}
        <dt>First seen</dt>
        <dd>
          <Moment at={alert.firstSeen} />
        </dd>
        <dt>Last seen</dt>
        <dd>
          <Moment at={alert.lastSeen} />
        </dd>
        <dt>Reported</dt>
        <dd>
          {alert.count === 1 ? "once" : `${formatCount(alert.count)} times`}
          {detail && detail.flaps > 0 && `, came or went ${formatCount(detail.flaps)} times`}
        </dd>
        {own.map((label) => (
          <div key={label.name} className="contents">
            <dt>
              <Text value={label.name} />
            </dt>
            <dd>
              <Text value={label.value} />
            </dd>
          </div>
        ))}
      </dl>
      {detail?.rule?.description && (
        <MultilineText value={detail.rule.description} className="mt-2 text-fg-2" />
      )}
    </section>
  );
}

/** Labels that stand above under names of their own. */
const known = new Set(["dashboard", "type", "severity", "useCase", "rule"]);
