import { useState } from "react";
import type { AlertRow } from "../../bindings/AlertRow";
import { Button } from "../../components/Button";
import { Modal } from "../../components/Modal";
import { RequestFailure } from "../../components/Notice";
import { Select } from "../../components/Select";
import { Text } from "../../components/Text";
import { useRequest } from "../../platform/useView";
import { useAlerting } from "./useAlerting";

/** What is about to be done to an alert. */
export interface AlertStep {
  kind: "acknowledge" | "resolve" | "note" | "reopen" | "shelve" | "assign";
  alert: AlertRow;
}

const verbs: Record<AlertStep["kind"], string> = {
  acknowledge: "Acknowledge",
  resolve: "Resolve",
  note: "Add a note",
  reopen: "Reopen",
  shelve: "Put on the shelf",
  assign: "Assign",
};

const times = [
  { value: "30", label: "30 minutes" },
  { value: "60", label: "1 hour" },
  { value: "240", label: "4 hours" },
  { value: "480", label: "8 hours" },
  { value: "1440", label: "1 day" },
  { value: "10080", label: "7 days" },
] as const;

/** Asks for what a step on an alert needs: a remark, a time, a name. */
export function AlertStepDialog({
  step,
  operators = [],
  onClose,
}: {
  step: AlertStep;
  operators?: string[];
  onClose: () => void;
}) {
  const { kind, alert } = step;
  const acknowledge = useRequest("acknowledge_alert");
  const resolve = useRequest("resolve_alert");
  const alerting = useAlerting();
  const [note, setNote] = useState("");
  const [minutes, setMinutes] = useState<(typeof times)[number]["value"]>("60");
  const [name, setName] = useState(alert.assignedTo ?? "");
  const verb = verbs[kind];
  const pending = acknowledge.pending || resolve.pending || alerting.pending;
  const { hub } = alert.dashboard;
  const { alertId } = alert;

  const confirm = async () => {
    const remark = note.trim() || null;
    const done = await (() => {
      switch (kind) {
        case "acknowledge":
          return acknowledge.send({ hub, alertId, note: remark });
        case "resolve":
          return resolve.send({ hub, alertId, note: remark });
        case "note":
          return alerting.change(hub, { kind: "note", alertId, note });
        case "reopen":
          return alerting.change(hub, { kind: "reopen", alertId, note: remark });
        case "shelve":
          return alerting.change(hub, { kind: "shelve", alertId, minutes: Number(minutes), note: remark });
        case "assign":
          return alerting.change(hub, { kind: "assign", alertId, to: name.trim() || null, note: remark });
      }
    })();
    if (done !== undefined) onClose();
  };

  return (
    <Modal label={`${verb}: alert`} onClose={onClose} testId="alert-note-dialog" className="w-[440px]">
      <form
        className="grid gap-3 p-5"
        onSubmit={(event) => {
          event.preventDefault();
          if (!pending) void confirm();
        }}
      >
        <h2 className="font-semibold text-lg">{verb}</h2>
        <Text value={alert.title} className="text-fg-2" />
        {kind === "shelve" && (
          <div className="grid gap-1">
            <span className="text-fg-2 text-sm">It does not notify for</span>
            <Select
              label="Time on the shelf"
              value={minutes}
              options={times}
              onChange={setMinutes}
              testId="shelve-minutes"
              className="!w-full"
            />
          </div>
        )}
        {kind === "assign" && (
          <label className="grid gap-1">
            <span className="text-fg-2 text-sm">To whom; empty for nobody</span>
            <input
              // biome-ignore lint/a11y/noAutofocus: it was opened in order to type
              autoFocus
              className="field"
              data-testid="assign-to"
              list="alert-operators"
              value={name}
              maxLength={128}
              onChange={(event) => setName(event.target.value)}
            />
            <datalist id="alert-operators">
              {operators.map((operator) => (
                <option key={operator} value={operator} />
              ))}
            </datalist>
          </label>
        )}
        <label className="grid gap-1">
          <span className="text-fg-2 text-sm">
            {kind === "note" ? "Note" : "Note, if there is something to say"}
          </span>
          <input
            // biome-ignore lint/a11y/noAutofocus: it was opened in order to type
            autoFocus={kind !== "assign"}
            className="field"
            data-testid="alert-note"
            value={note}
            maxLength={1000}
            onChange={(event) => setNote(event.target.value)}
          />
        </label>
        <RequestFailure error={acknowledge.error ?? resolve.error ?? alerting.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            variant="primary"
            testId="alert-note-confirm"
            disabledReason={
              pending ? "Under way." : kind === "note" && note.trim() === "" ? "Write something first." : null
            }
          >
            {verb}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
