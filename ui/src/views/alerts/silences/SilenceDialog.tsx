import { useEffect, useRef, useState } from "react";
import type { AlertRow } from "../../../bindings/AlertRow";
import type { HubKey } from "../../../bindings/HubKey";
import type { Silence } from "../../../bindings/Silence";
import { Button } from "../../../components/Button";
import { Modal } from "../../../components/Modal";
import { RequestFailure } from "../../../components/Notice";
import { Select } from "../../../components/Select";
import { formatInstant } from "../../../format/times";
import { useAlerting } from "../useAlerting";
import { MatcherField } from "./MatcherField";

/** A silence that is being written. */
export interface SilenceDraft {
  hub: HubKey;
  /** Of a silence that is changed; empty for a new one. */
  id: string;
  matchers: string[];
  comment: string;
  endsWithProblem: boolean;
  /** When it ends, for one that is changed. */
  endsAt: string | null;
  startsAt: string | null;
}

/** A silence of just this problem on just this dashboard. */
export function silenceOf(alert: AlertRow): SilenceDraft {
  return {
    hub: alert.dashboard.hub,
    id: "",
    matchers: alert.matchers,
    comment: "",
    endsWithProblem: true,
    endsAt: null,
    startsAt: null,
  };
}

export function emptySilence(hub: HubKey): SilenceDraft {
  return { hub, id: "", matchers: [""], comment: "", endsWithProblem: false, endsAt: null, startsAt: null };
}

const lengths = [
  { value: "30", label: "30 minutes" },
  { value: "60", label: "1 hour" },
  { value: "120", label: "2 hours" },
  { value: "480", label: "8 hours" },
  { value: "1440", label: "1 day" },
  { value: "10080", label: "7 days" },
  { value: "keep", label: "as it is" },
] as const;
const starts = [
  { value: "0", label: "now" },
  { value: "15", label: "in 15 minutes" },
  { value: "60", label: "in 1 hour" },
  { value: "480", label: "in 8 hours" },
  { value: "1440", label: "in 1 day" },
] as const;

const MINUTE = 60_000;

/** Makes a silence, or changes one. */
export function SilenceDialog({ draft, onClose }: { draft: SilenceDraft; onClose: () => void }) {
  const alerting = useAlerting();
  const [matchers, setMatchers] = useState(draft.matchers);
  const [comment, setComment] = useState(draft.comment);
  const [endsWithProblem, setEndsWithProblem] = useState(draft.endsWithProblem);
  const [length, setLength] = useState<(typeof lengths)[number]["value"]>(draft.endsAt ? "keep" : "120");
  const [start, setStart] = useState<(typeof starts)[number]["value"]>("0");
  const isNew = draft.id === "";
  // A dialog gives the focus to its first field; here one types the reason.
  const reason = useRef<HTMLInputElement>(null);
  useEffect(() => reason.current?.focus(), []);
  const given = matchers.map((one) => one.trim()).filter(Boolean);

  const save = async () => {
    const now = Date.now();
    const from = now + Number(start) * MINUTE;
    const startsAt = isNew ? (start === "0" ? null : new Date(from).toISOString()) : draft.startsAt;
    const silence: Silence = {
      id: draft.id,
      matchers: given,
      comment: comment.trim(),
      endsWithProblem,
      endsAt:
        length === "keep" && draft.endsAt
          ? draft.endsAt
          : new Date((isNew ? from : now) + Number(length) * MINUTE).toISOString(),
      ...(startsAt ? { startsAt } : {}),
    };
    const done = await alerting.change(draft.hub, { kind: "saveSilence", silence });
    if (done !== undefined) onClose();
  };

  return (
    <Modal
      label={isNew ? "New silence" : "Change the silence"}
      onClose={onClose}
      testId="silence-dialog"
      className="w-[520px]"
    >
      <form
        className="grid gap-3.5 p-5"
        onSubmit={(event) => {
          event.preventDefault();
          if (given.length > 0 && !alerting.pending) void save();
        }}
      >
        <h2 className="font-semibold text-lg">{isNew ? "Silence" : "Change the silence"}</h2>
        <MatcherField
          label="Alerts that match all of this do not notify"
          matchers={matchers}
          onChange={setMatchers}
          testId="silence-matcher"
        />
        <div className={`grid gap-3 ${isNew ? "grid-cols-2" : ""}`}>
          {isNew && (
            <div className="grid gap-1">
              <span className="text-fg-2 text-sm">From</span>
              <Select
                label="From when on"
                value={start}
                options={starts}
                onChange={setStart}
                testId="silence-start"
                className="!w-full"
              />
            </div>
          )}
          <div className="grid gap-1">
            <span className="text-fg-2 text-sm">
              {isNew ? "For" : `From now for (it ends ${formatInstant(draft.endsAt).slice(0, 16)} UTC)`}
            </span>
            <Select
              label="How long"
              value={length}
              options={isNew ? lengths.filter((one) => one.value !== "keep") : lengths}
              onChange={setLength}
              testId="silence-length"
              className="!w-full"
            />
          </div>
        </div>
        <label className="grid gap-1">
          <span className="text-fg-2 text-sm">Why; others see it with every alert it holds</span>
          <input
            ref={reason}
            className="field"
            data-testid="silence-comment"
            value={comment}
            maxLength={1000}
            onChange={(event) => setComment(event.target.value)}
          />
        </label>
        <label className="flex items-center gap-2">
          <input
            type="checkbox"
            className="check"
            data-testid="silence-ends-with-problem"
            checked={endsWithProblem}
            onChange={(event) => setEndsWithProblem(event.target.checked)}
          />
          Ends early when the last alert it holds is resolved
        </label>
        <RequestFailure error={alerting.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            variant="primary"
            testId="silence-save"
            disabledReason={
              alerting.pending
                ? "Under way."
                : given.length === 0
                  ? "Give at least one matcher, such as useCase=energy."
                  : null
            }
          >
            {isNew ? "Silence" : "Save"}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
