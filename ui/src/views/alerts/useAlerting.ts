import { useCallback, useState } from "react";
import type { AlertingChange } from "../../bindings/AlertingChange";
import type { AlertingChanged } from "../../bindings/AlertingChanged";
import type { AlertRow } from "../../bindings/AlertRow";
import type { HubKey } from "../../bindings/HubKey";
import type { RequestError } from "../../bindings/RequestError";
import { asRequestError } from "../../platform/platform";
import { usePlatform, useRequest } from "../../platform/useView";

/** Changes something about alerts at a hub. */
export function useAlerting() {
  const { send, pending, error, clearError } = useRequest("change_alerting");
  const change = useCallback(
    (hub: HubKey, wanted: AlertingChange): Promise<AlertingChanged | undefined> =>
      send({ request: { hub, change: wanted } }),
    [send],
  );
  return { change, pending, error, clearError };
}

export interface BulkState {
  acknowledge: (alerts: AlertRow[]) => Promise<void>;
  pending: boolean;
  /** What came of it, in a sentence. */
  outcome: string | null;
  error: RequestError | null;
}

/** Acknowledges several alerts, one after the other; says how many were, and why others were not. */
export function useBulkAcknowledge(): BulkState {
  const platform = usePlatform();
  const [state, setState] = useState<Omit<BulkState, "acknowledge">>({
    pending: false,
    outcome: null,
    error: null,
  });
  const acknowledge = useCallback(
    async (alerts: AlertRow[]) => {
      const wanted = alerts.filter((alert) => alert.state === "raised");
      setState({ pending: true, outcome: null, error: null });
      let done = 0;
      let error: RequestError | null = null;
      for (const alert of wanted) {
        try {
          await platform.request("acknowledge_alert", {
            hub: alert.dashboard.hub,
            alertId: alert.alertId,
            note: null,
          });
          done += 1;
        } catch (caught) {
          error = asRequestError(caught);
        }
      }
      const outcome =
        done === wanted.length
          ? `${done === 1 ? "1 alert" : `${done} alerts`} acknowledged.`
          : `${done} of ${wanted.length} alerts acknowledged.`;
      setState({ pending: false, outcome, error });
    },
    [platform],
  );
  return { ...state, acknowledge };
}
