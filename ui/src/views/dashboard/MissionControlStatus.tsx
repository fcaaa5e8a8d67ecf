import type { MissionControlStatus as Model } from "../../bindings/MissionControlStatus";
import { Age } from "../../components/Moment";
import { StatusIcon } from "../../components/StatusIcon";
import { Text } from "../../components/Text";
import { formatCount, NO_VALUE } from "../../format/numbers";
import { formatDuration } from "../../format/times";

/** The dashboard's link with Mission Control: connection, last command, events, errors, uptime. */
export function MissionControlStatus({ model }: { model: Model }) {
  return (
    <section aria-label="Mission Control link" data-testid="mission-control-status" className="grid gap-2">
      <div className="flex items-center gap-2" data-testid="mission-control-connection">
        <StatusIcon status={model.connected ? "normal" : "off"} label="" />
        <span>Mission Control {model.connected ? "connected" : "disconnected"}</span>
      </div>
      <dl className="facts">
        <dt>Last command</dt>
        <dd data-testid="last-command">
          {model.lastCommand ? (
            <>
              <Text value={model.lastCommand} className="font-mono text-sm" />{" "}
              {model.lastCommandAt && <Age at={model.lastCommandAt} className="text-fg-3" />}
            </>
          ) : (
            "none yet"
          )}
        </dd>
        <dt>Events</dt>
        <dd data-testid="event-count">{formatCount(model.eventCount)}</dd>
        <dt>Errors</dt>
        <dd data-testid="error-count">{formatCount(model.errorCount)}</dd>
        <dt>Uptime</dt>
        <dd data-testid="uptime">{model.uptime === null ? NO_VALUE : formatDuration(model.uptime)}</dd>
      </dl>
    </section>
  );
}
