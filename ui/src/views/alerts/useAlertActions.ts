import type { AlertButton } from "../../bindings/AlertButton";
import type { AlertRow } from "../../bindings/AlertRow";
import type { RequestError } from "../../bindings/RequestError";
import { usePastReason } from "../../frame/conductor/useConductor";
import { navigate } from "../../navigation/useRoute";
import { useRequest } from "../../platform/useView";

export interface AlertActions {
  acknowledge: (note: string) => Promise<void>;
  resolve: (note: string) => Promise<void>;
  run: (button: AlertButton) => Promise<void>;
  pending: boolean;
  error: RequestError | null;
}

/** What an operator can do with an alert. */
export function useAlertActions(alert: AlertRow): AlertActions {
  const acknowledge = useRequest("acknowledge_alert");
  const resolve = useRequest("resolve_alert");
  const run = useRequest("run_alert_action");
  const named = { hub: alert.dashboard.hub, alertId: alert.alertId };
  return {
    acknowledge: async (note) => {
      await acknowledge.send({ ...named, note: note.trim() || null });
    },
    resolve: async (note) => {
      await resolve.send({ ...named, note: note.trim() || null });
    },
    run: async ({ index, action }) => {
      const outcome = await run.send({ ...named, button: { index, action } });
      if (outcome?.kind === "openView")
        navigate({ view: "dashboard", dashboard: outcome.dashboard, section: outcome.section });
      if (outcome?.kind === "commandIssued")
        navigate({ view: "commands", targets: [alert.dashboard], type: null, commandId: outcome.commandId });
    },
    pending: acknowledge.pending || resolve.pending || run.pending,
    error: acknowledge.error ?? resolve.error ?? run.error,
  };
}

/** Why nobody can act on an alert now; null when they can. */
export function useAlertDisabled(alert: AlertRow): string | null {
  const past = usePastReason();
  if (past) return past;
  switch (alert.freshness.kind) {
    case "cached":
      return "Its hub is not connected. Alerts can be acknowledged and resolved when it is back.";
    case "archived":
      return "It is in an archive, in which nothing can be changed.";
    default:
      return null;
  }
}
