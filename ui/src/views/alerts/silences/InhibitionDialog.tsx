import { useState } from "react";
import type { HubKey } from "../../../bindings/HubKey";
import type { Inhibition } from "../../../bindings/Inhibition";
import { Button } from "../../../components/Button";
import { Modal } from "../../../components/Modal";
import { RequestFailure } from "../../../components/Notice";
import { useAlerting } from "../useAlerting";
import { MatcherField } from "./MatcherField";

interface InhibitionDialogProps {
  hub: HubKey;
  /** Null for a new one. */
  inhibition: Inhibition | null;
  onClose: () => void;
}

/** Makes an inhibition, or changes one. */
export function InhibitionDialog({ hub, inhibition, onClose }: InhibitionDialogProps) {
  const alerting = useAlerting();
  const [title, setTitle] = useState(inhibition?.title ?? "");
  const [source, setSource] = useState<string[]>(inhibition?.source ?? [""]);
  const [target, setTarget] = useState<string[]>(inhibition?.target ?? [""]);
  const [equal, setEqual] = useState(inhibition?.equal.join(", ") ?? "dashboard");
  const clean = (list: string[]) => list.map((one) => one.trim()).filter(Boolean);
  const missing =
    title.trim() === ""
      ? "Give it a title."
      : clean(source).length === 0 || clean(target).length === 0
        ? "Give each side at least one matcher."
        : null;
  const save = async () => {
    const done = await alerting.change(hub, {
      kind: "saveInhibition",
      inhibition: {
        id: inhibition?.id ?? "",
        title: title.trim(),
        source: clean(source),
        target: clean(target),
        equal: clean(equal.split(",")),
      },
    });
    if (done !== undefined) onClose();
  };
  return (
    <Modal label="Inhibition" onClose={onClose} testId="inhibition-dialog" className="w-[520px]">
      <form
        className="grid gap-3.5 p-5"
        onSubmit={(event) => {
          event.preventDefault();
          if (!missing && !alerting.pending) void save();
        }}
      >
        <h2 className="font-semibold text-lg">Inhibition</h2>
        <label className="grid gap-1">
          <span className="text-fg-2 text-sm">Title</span>
          <input
            // biome-ignore lint/a11y/noAutofocus: it was opened in order to type
            autoFocus
            className="field"
            data-testid="inhibition-title"
            value={title}
            maxLength={200}
            onChange={(event) => setTitle(event.target.value)}
          />
        </label>
        <MatcherField
          label="While an alert like this is open"
          matchers={source}
          onChange={setSource}
          testId="inhibition-source"
        />
        <MatcherField
          label="alerts like this do not notify"
          matchers={target}
          onChange={setTarget}
          testId="inhibition-target"
        />
        <label className="grid gap-1">
          <span className="text-fg-2 text-sm">where both have the same values of these labels</span>
          <input
            className="field font-mono"
            data-testid="inhibition-equal"
            value={equal}
            placeholder="dashboard, useCase"
            onChange={(event) => setEqual(event.target.value)}
          />
        </label>
        <RequestFailure error={alerting.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            variant="primary"
            testId="inhibition-save"
            disabledReason={alerting.pending ? "Under way." : missing}
          >
            Save
          </Button>
        </div>
      </form>
    </Modal>
  );
}
