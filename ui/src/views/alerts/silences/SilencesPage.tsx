import { useState } from "react";
import type { AlertingHub } from "../../../bindings/AlertingHub";
import type { HubKey } from "../../../bindings/HubKey";
import type { SilenceRow } from "../../../bindings/SilenceRow";
import type { SilencesView } from "../../../bindings/SilencesView";
import { Button } from "../../../components/Button";
import { FailedState, LoadingState } from "../../../components/EmptyState";
import { Notice, RequestFailure } from "../../../components/Notice";
import { Text } from "../../../components/Text";
import { formatCount } from "../../../format/numbers";
import { formatInstant, formatMoment, formatSpan, milliseconds } from "../../../format/times";
import { useNow } from "../../../format/useNow";
import { formatRoute } from "../../../navigation/route";
import { useView } from "../../../platform/useView";
import { AlertTabs } from "../AlertTabs";
import { useAlerting } from "../useAlerting";
import { Grouping } from "./Grouping";
import { InhibitionDialog } from "./InhibitionDialog";
import { Matchers } from "./Matchers";
import { emptySilence, SilenceDialog, type SilenceDraft } from "./SilenceDialog";
import { WindowDialog, type WindowDraft } from "./WindowDialog";

type Open =
  | { kind: "silence"; draft: SilenceDraft }
  | { kind: "window"; draft: WindowDraft }
  | { kind: "inhibition"; hub: HubKey; inhibition: SilencesView["inhibitions"][number]["inhibition"] | null };

/** What keeps alerts from notifying, who said so and what came of it. */
export function SilencesPage() {
  const { model, error } = useView<"silences">({ view: "silences" });
  const [open, setOpen] = useState<Open | null>(null);
  const [showOver, setShowOver] = useState(false);
  const alerting = useAlerting();
  const hub = model?.hubs[0];
  const several = (model?.hubs.length ?? 0) > 1;
  const reason = (key: HubKey) => model?.hubs.find((one) => one.hub === key)?.disabled ?? null;
  const first = model?.hubs.find((one) => one.disabled === null) ?? hub;
  const addReason = first ? first.disabled : "There is no hub yet.";
  const over = model?.silences.filter((row) => row.state === "over") ?? [];
  const current = model?.silences.filter((row) => row.state !== "over") ?? [];
  const disabled = model?.hubs.filter((one) => one.disabled !== null) ?? [];

  return (
    <main className="flex min-h-0 flex-1 flex-col">
      <AlertTabs view="silences" />
      {error && !model ? (
        <FailedState what="the silences" error={error} />
      ) : !model ? (
        <div className="px-5">
          <LoadingState what="the silences" />
        </div>
      ) : (
        <div className="min-h-0 flex-1 overflow-y-auto px-5 pb-6">
          {disabled.length > 0 && disabled[0] && (
            <Notice status="standby" className="mb-3" testId="silences-disabled">
              {disabled[0].disabled}
            </Notice>
          )}
          <RequestFailure error={alerting.error} className="mb-3" />
          <div className="grid grid-cols-[minmax(0,1.5fr)_minmax(330px,1fr)] items-start gap-5">
            <div className="grid min-w-0 gap-5">
              <Panel
                title="Silences"
                count={current.length}
                action={
                  <Button
                    variant="primary"
                    testId="new-silence"
                    disabledReason={addReason}
                    onClick={() => first && setOpen({ kind: "silence", draft: emptySilence(first.hub) })}
                  >
                    New silence
                  </Button>
                }
              >
                {current.length === 0 && (
                  <Nothing>
                    Nothing is silenced. Press <kbd className="kbd">s</kbd> on an alert to silence it and what
                    is like it.
                  </Nothing>
                )}
                {current.map((row) => (
                  <SilenceLine
                    key={`${row.hub} ${row.silence.id}`}
                    row={row}
                    hubName={several ? nameOf(model.hubs, row.hub) : null}
                    disabled={reason(row.hub)}
                    onChange={() => setOpen({ kind: "silence", draft: draftOf(row) })}
                    onEnd={() =>
                      void alerting.change(row.hub, { kind: "endSilence", silenceId: row.silence.id })
                    }
                  />
                ))}
                {over.length > 0 && (
                  <div className="border-t border-line px-3 py-1.5">
                    <Button
                      variant="quiet"
                      onClick={() => setShowOver((shown) => !shown)}
                      testId="silences-over"
                    >
                      {showOver ? "Hide" : "Show"} the {formatCount(over.length)} that are over
                    </Button>
                  </div>
                )}
                {showOver &&
                  over.map((row) => (
                    <SilenceLine
                      key={`${row.hub} ${row.silence.id}`}
                      row={row}
                      hubName={several ? nameOf(model.hubs, row.hub) : null}
                      disabled={reason(row.hub)}
                      onAgain={() =>
                        setOpen({
                          kind: "silence",
                          draft: { ...draftOf(row), id: "", endsAt: null, startsAt: null },
                        })
                      }
                    />
                  ))}
              </Panel>
              <Panel title="On the shelf" count={model.shelved.length}>
                {model.shelved.length === 0 && (
                  <Nothing>
                    No alert is on the shelf. Press <kbd className="kbd">z</kbd> on an alert to put it aside
                    for a while.
                  </Nothing>
                )}
                {model.shelved.map((alert) => (
                  <div
                    key={alert.alertId}
                    className="flex items-center gap-3 border-t border-line px-3 py-2 first:border-t-0"
                  >
                    <div className="min-w-0 flex-1">
                      <a
                        href={formatRoute({ view: "alerts", alertId: alert.alertId })}
                        className="block truncate font-[560] hover:underline"
                      >
                        <Text value={alert.title} />
                      </a>
                      <p className="truncate text-fg-2 text-sm">
                        <Text value={alert.dashboardName} />
                        {alert.note && (
                          <>
                            {" "}
                            · <Text value={alert.note} />
                          </>
                        )}
                      </p>
                    </div>
                    {alert.shelvedUntil && <EndsIn at={alert.shelvedUntil} verb="comes off in" />}
                    <Button
                      disabledReason={reason(alert.dashboard.hub)}
                      onClick={() =>
                        void alerting.change(alert.dashboard.hub, {
                          kind: "unshelve",
                          alertId: alert.alertId,
                        })
                      }
                    >
                      Take off
                    </Button>
                  </div>
                ))}
              </Panel>
            </div>
            <div className="grid min-w-0 gap-5">
              <Panel
                title="Maintenance windows"
                count={model.windows.length}
                action={
                  <Button
                    testId="new-window"
                    disabledReason={addReason}
                    onClick={() =>
                      first && setOpen({ kind: "window", draft: { hub: first.hub, window: null } })
                    }
                  >
                    New window
                  </Button>
                }
              >
                {model.windows.length === 0 && (
                  <Nothing>Times at which alerts are expected, once or every week.</Nothing>
                )}
                {model.windows.map((row) => (
                  <div
                    key={`${row.hub} ${row.window.id}`}
                    className="border-t border-line px-3 py-2 first:border-t-0"
                    data-testid="window-row"
                  >
                    <div className="flex items-start gap-2">
                      <div className="min-w-0 flex-1">
                        <Text value={row.window.title} className="font-[560]" />
                        <p className="text-fg-2 text-sm">{row.schedule}</p>
                      </div>
                      <Button
                        variant="quiet"
                        disabledReason={reason(row.hub)}
                        onClick={() =>
                          setOpen({ kind: "window", draft: { hub: row.hub, window: row.window } })
                        }
                      >
                        Change
                      </Button>
                      <Button
                        variant="quiet"
                        disabledReason={reason(row.hub)}
                        onClick={() =>
                          void alerting.change(row.hub, { kind: "deleteWindow", windowId: row.window.id })
                        }
                      >
                        Remove
                      </Button>
                    </div>
                    <Matchers matchers={row.window.matchers} />
                    <p className="mt-1 text-fg-3 text-sm">
                      {row.openUntil ? (
                        <EndsIn at={row.openUntil} verb="open; closes in" />
                      ) : row.opensAt ? (
                        <EndsIn at={row.opensAt} verb="opens in" />
                      ) : (
                        "over"
                      )}{" "}
                      · held {formatCount(row.held)} {row.held === 1 ? "alert" : "alerts"}
                    </p>
                  </div>
                ))}
              </Panel>
              <Panel
                title="Inhibitions"
                count={model.inhibitions.length}
                action={
                  <Button
                    testId="new-inhibition"
                    disabledReason={addReason}
                    onClick={() => first && setOpen({ kind: "inhibition", hub: first.hub, inhibition: null })}
                  >
                    New inhibition
                  </Button>
                }
              >
                {model.inhibitions.length === 0 && <Nothing>One alert that explains others.</Nothing>}
                {model.inhibitions.map((row) => (
                  <div
                    key={`${row.hub} ${row.inhibition.id}`}
                    className="border-t border-line px-3 py-2 first:border-t-0"
                  >
                    <div className="flex items-start gap-2">
                      <Text value={row.inhibition.title} className="min-w-0 flex-1 font-[560]" />
                      <Button
                        variant="quiet"
                        disabledReason={reason(row.hub)}
                        onClick={() =>
                          setOpen({ kind: "inhibition", hub: row.hub, inhibition: row.inhibition })
                        }
                      >
                        Change
                      </Button>
                      <Button
                        variant="quiet"
                        disabledReason={reason(row.hub)}
                        onClick={() =>
                          void alerting.change(row.hub, {
                            kind: "deleteInhibition",
                            inhibitionId: row.inhibition.id,
                          })
                        }
                      >
                        Remove
                      </Button>
                    </div>
                    <div className="grid grid-cols-[auto_minmax(0,1fr)] items-baseline gap-x-2 text-fg-3 text-sm">
                      <span>While</span>
                      <Matchers matchers={row.inhibition.source} />
                      <span>hold</span>
                      <Matchers matchers={row.inhibition.target} />
                      {row.inhibition.equal.length > 0 && (
                        <>
                          <span>same</span>
                          <span className="text-fg-2">{row.inhibition.equal.join(", ")}</span>
                        </>
                      )}
                    </div>
                    <p className="mt-1 text-fg-3 text-sm">
                      holds {formatCount(row.holding)} now · held {formatCount(row.held)} in all
                    </p>
                  </div>
                ))}
              </Panel>
              {model.settings.map((one) => (
                <Grouping
                  key={one.hub}
                  hub={one.hub}
                  settings={one.settings}
                  hubName={several ? nameOf(model.hubs, one.hub) : null}
                  disabled={reason(one.hub)}
                />
              ))}
            </div>
          </div>
        </div>
      )}
      {open?.kind === "silence" && <SilenceDialog draft={open.draft} onClose={() => setOpen(null)} />}
      {open?.kind === "window" && <WindowDialog draft={open.draft} onClose={() => setOpen(null)} />}
      {open?.kind === "inhibition" && (
        <InhibitionDialog hub={open.hub} inhibition={open.inhibition} onClose={() => setOpen(null)} />
      )}
    </main>
  );
}

function nameOf(hubs: AlertingHub[], hub: HubKey): string {
  return hubs.find((one) => one.hub === hub)?.name ?? "";
}

function draftOf(row: SilenceRow): SilenceDraft {
  const { silence } = row;
  return {
    hub: row.hub,
    id: silence.id,
    matchers: silence.matchers,
    comment: silence.comment,
    endsWithProblem: silence.endsWithProblem,
    endsAt: silence.endsAt,
    startsAt: silence.startsAt ?? null,
  };
}

interface PanelProps {
  title: string;
  count: number;
  action?: React.ReactNode;
  children: React.ReactNode;
}

function Panel({ title, count, action, children }: PanelProps) {
  return (
    <section className="panel min-w-0" aria-label={title}>
      <div className="flex min-h-11 items-center gap-2 border-b border-line px-3 py-1.5">
        <h2 className="font-semibold">{title}</h2>
        {count > 0 && <span className="text-fg-3">{formatCount(count)}</span>}
        <div className="ml-auto">{action}</div>
      </div>
      {children}
    </section>
  );
}

function Nothing({ children }: { children: React.ReactNode }) {
  return <p className="px-3 py-4 text-fg-3">{children}</p>;
}

function EndsIn({ at, verb }: { at: string; verb: string }) {
  const now = useNow();
  const left = Math.max(0, (milliseconds(at) ?? now) - now);
  return (
    <time dateTime={at} title={formatInstant(at)} className="whitespace-nowrap">
      {verb} {formatSpan(left)}
    </time>
  );
}

interface SilenceLineProps {
  row: SilenceRow;
  hubName: string | null;
  disabled: string | null;
  onChange?: () => void;
  onEnd?: () => void;
  onAgain?: () => void;
}

function SilenceLine({ row, hubName, disabled, onChange, onEnd, onAgain }: SilenceLineProps) {
  const now = useNow();
  const { silence } = row;
  const tone = { active: "text-standby", pending: "text-fg-2", over: "text-fg-3" }[row.state];
  return (
    <div
      className="border-t border-line px-3 py-2.5 first:border-t-0"
      data-testid="silence-row"
      data-state={row.state}
    >
      <div className="flex items-start gap-3">
        <div className="min-w-0 flex-1">
          <Matchers matchers={silence.matchers} />
          <p className="mt-1">
            {silence.comment ? (
              <Text value={silence.comment} />
            ) : (
              <span className="text-fg-3">no reason was given</span>
            )}
          </p>
        </div>
        <div className="flex flex-none gap-1">
          {onChange && (
            <Button disabledReason={disabled} onClick={onChange}>
              Change
            </Button>
          )}
          {onEnd && (
            <Button disabledReason={disabled} onClick={onEnd} testId="end-silence">
              End now
            </Button>
          )}
          {onAgain && (
            <Button disabledReason={disabled} onClick={onAgain}>
              Silence again
            </Button>
          )}
        </div>
      </div>
      <p className="mt-1 flex flex-wrap gap-x-3 text-fg-2 text-sm">
        <span className={tone}>
          {row.state === "active" && <EndsIn at={silence.endsAt} verb="ends in" />}
          {row.state === "pending" && <EndsIn at={row.startsAt} verb="begins in" />}
          {row.state === "over" && `over since ${formatMoment(row.overAt, now)}: ${row.ending}`}
        </span>
        {row.endsSoon && row.holding > 0 && (
          <span className="text-caution">
            {formatCount(row.holding)} {row.holding === 1 ? "alert notifies" : "alerts notify"} then
          </span>
        )}
        {silence.endsWithProblem && row.state !== "over" && <span>or when the problem is over</span>}
        <span data-testid="silence-held">
          {row.state === "active" && `holds ${formatCount(row.holding)} now, `}
          held {formatCount(row.held)} {row.held === 1 ? "alert" : "alerts"}, kept {formatCount(row.reports)}{" "}
          {row.reports === 1 ? "report" : "reports"} silent
        </span>
        {silence.createdBy && (
          <span>
            by <Text value={silence.createdBy} />
          </span>
        )}
        {hubName && <Text value={hubName} />}
      </p>
    </div>
  );
}
