import type { AlertRow } from "../../bindings/AlertRow";
import { Button } from "../../components/Button";
import { RequestFailure } from "../../components/Notice";
import { plainLine } from "../../format/plainText";
import { useAlertActions, useAlertDisabled } from "./useAlertActions";

/** The buttons of an alert: what its producer offers, and acknowledging it. */
export function AlertButtons({ alert }: { alert: AlertRow }) {
  const actions = useAlertActions(alert);
  const busy = actions.pending ? "Under way." : null;
  const disabled = useAlertDisabled(alert) ?? busy;
  const primary = alert.actions.find(
    (action) => action.effect.kind === "sendCommand" && action.disabled === null,
  );
  return (
    <>
      <div className="flex flex-wrap gap-1.5">
        {alert.actions.map((action) => (
          <Button
            key={action.index}
            variant={action === primary ? "primary" : "normal"}
            testId={`alert-action-${action.index}`}
            disabledReason={action.disabled ?? busy}
            hint={
              action.effect.kind === "sendCommand" ? `Sends ${plainLine(action.effect.command)}` : undefined
            }
            onClick={() => void actions.run(action)}
          >
            {plainLine(action.label)}
          </Button>
        ))}
        {alert.state === "raised" && (
          <Button testId="ack-button" disabledReason={disabled} onClick={() => void actions.acknowledge("")}>
            Acknowledge
          </Button>
        )}
      </div>
      <RequestFailure error={actions.error} className="mt-2" />
    </>
  );
}
