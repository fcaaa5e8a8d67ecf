import { useState } from "react";
import type { AlertRow } from "../../bindings/AlertRow";
import { Button } from "../../components/Button";
import { Modal } from "../../components/Modal";
import { RequestFailure } from "../../components/Notice";
import { Text } from "../../components/Text";
import { useRequest } from "../../platform/useView";

/** What is about to be done to an alert. */
export interface AlertStep {
  kind: "acknowledge" | "resolve";
  alert: AlertRow;
}

/** Asks for a remark before an alert is acknowledged or resolved. */
export function AlertNoteDialog({ step, onClose }: { step: AlertStep; onClose: () => void }) {
  const { kind, alert } = step;
  const acknowledge = useRequest("acknowledge_alert");
  const resolve = useRequest("resolve_alert");
  const request = kind === "acknowledge" ? acknowledge : resolve;
  const [note, setNote] = useState("");
  const verb = kind === "acknowledge" ? "Acknowledge" : "Resolve";

  const confirm = async () => {
    const done = await request.send({
      hub: alert.dashboard.hub,
      alertId: alert.alertId,
      note: note.trim() || null,
    });
    if (done !== undefined) onClose();
  };

  return (
    <Modal label={`${verb} the alert`} onClose={onClose} testId="alert-note-dialog" className="w-[440px]">
      <form
        className="grid gap-3 p-5"
        onSubmit={(event) => {
          event.preventDefault();
          void confirm();
        }}
      >
        <h2 className="font-semibold text-lg">{verb}</h2>
        <Text value={alert.title} className="text-fg-2" />
        <label className="grid gap-1">
          <span className="text-fg-2 text-sm">Note, if there is something to say</span>
          <input
            // biome-ignore lint/a11y/noAutofocus: it was opened in order to type
            autoFocus
            className="field"
            data-testid="alert-note"
            value={note}
            maxLength={500}
            onChange={(event) => setNote(event.target.value)}
          />
        </label>
        <RequestFailure error={request.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            variant="primary"
            testId="alert-note-confirm"
            disabledReason={request.pending ? "Under way." : null}
          >
            {verb}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
