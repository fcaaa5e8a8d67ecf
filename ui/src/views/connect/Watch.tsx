import type { Arrival } from "../../bindings/Arrival";
import type { ConnectHub } from "../../bindings/ConnectHub";
import type { ConnectView } from "../../bindings/ConnectView";
import { Button } from "../../components/Button";
import { Age } from "../../components/Moment";
import { Notice } from "../../components/Notice";
import { StatusIcon } from "../../components/StatusIcon";
import { formatCount } from "../../format/numbers";
import { plainLine } from "../../format/plainText";
import { navigate } from "../../navigation/useRoute";

interface WatchProps {
  /** Whether a token was made here. */
  made: boolean;
  model: ConnectView;
  hub: ConnectHub;
}

/** Whether the dashboard is there yet. */
export function Watch({ made, model, hub }: WatchProps) {
  const { arrival, token } = model;
  const state = arrival ? "arrived" : !made ? "idle" : token ? "waiting" : hub.disabled ? "away" : "revoked";
  return (
    <section aria-labelledby="watch-title" aria-live="polite" data-testid="connect-watch" data-state={state}>
      <h2 id="watch-title" className="caps flex h-9 items-end pb-2">
        The dashboard
      </h2>
      {arrival ? (
        <Arrived arrival={arrival} />
      ) : (
        <div className="panel grid gap-2 p-4">
          {state === "idle" && <Waiting title="Not connected yet">First make a token for it.</Waiting>}
          {state === "waiting" && (
            <Waiting title="Waiting for it to register">
              It lights up here the moment it registers with this token. What comes to the hub and is not let
              in is listed below, with the reason.
            </Waiting>
          )}
          {state === "away" && <Notice status="caution">{plainLine(hub.disabled ?? "")}</Notice>}
          {state === "revoked" && (
            <Notice status="caution">
              The hub does not list this token: it was revoked, or the list is still on its way. If it stays
              so, make a new one.
            </Notice>
          )}
        </div>
      )}
    </section>
  );
}

function Waiting({ title, children }: { title: string; children: string }) {
  return (
    <div className="flex gap-2.5">
      <StatusIcon status="standby" label="" className="mt-1" />
      <div className="grid gap-1">
        <p className="font-semibold">{title}</p>
        <p className="text-fg-2 text-pretty">{children}</p>
      </div>
    </div>
  );
}

function Arrived({ arrival }: { arrival: Arrival }) {
  const { dashboard } = arrival;
  return (
    <article
      data-testid="arrival"
      data-online={arrival.online}
      className={`panel grid gap-3 p-4 ${arrival.online ? "border-normal" : ""}`}
    >
      <div className="flex items-center gap-2.5">
        <StatusIcon status={arrival.status} size={16} />
        <h3 className="min-w-0 flex-1 truncate font-semibold text-lg">{plainLine(arrival.name)}</h3>
        <span className="text-fg-2">{arrival.online ? "Connected" : "Was connected"}</span>
      </div>
      <dl className="grid grid-cols-[112px_minmax(0,1fr)] gap-x-3 gap-y-1.5">
        <Figure name="Id" value={<code className="font-mono text-sm">{dashboard.dashboardId}</code>} />
        <Figure name="Use case" value={plainLine(arrival.useCase)} />
        <Figure name="Version" value={`${plainLine(arrival.version)}, ${plainLine(arrival.type)}`} />
        <Figure name="Accepts" value={counted(arrival.commands, "command")} />
        <Figure name="From" value={arrival.remoteAddress} />
        <Figure name="Registered" value={<Age at={arrival.registeredAt} />} />
        <Figure name="Heard from" value={arrival.heardAt ? <Age at={arrival.heardAt} /> : "not yet"} />
        <Figure
          name="Has sent"
          value={arrival.events === 0 ? "no event yet" : counted(arrival.events, "event")}
        />
      </dl>
      <div>
        <Button
          variant="primary"
          testId="open-arrival"
          onClick={() => navigate({ view: "dashboard", dashboard, section: "overview" })}
        >
          Open the dashboard
        </Button>
      </div>
    </article>
  );
}

function counted(number: number, what: string): string {
  return `${formatCount(number)} ${what}${number === 1 ? "" : "s"}`;
}

function Figure({ name, value }: { name: string; value: React.ReactNode }) {
  return (
    <>
      <dt className="text-fg-3 text-sm">{name}</dt>
      <dd className="min-w-0 break-words">{value}</dd>
    </>
  );
}
