import { useState } from "react";
import type { HubKey } from "../../../bindings/HubKey";
import type { MaintenanceWindow } from "../../../bindings/MaintenanceWindow";
import type { Weekday } from "../../../bindings/Weekday";
import { Button } from "../../../components/Button";
import { Modal } from "../../../components/Modal";
import { RequestFailure } from "../../../components/Notice";
import { Segmented } from "../../../components/Segmented";
import { useAlerting } from "../useAlerting";
import { MatcherField } from "./MatcherField";

/** A window that is being written; a new one without a window. */
export interface WindowDraft {
  hub: HubKey;
  window: MaintenanceWindow | null;
}

const days: ReadonlyArray<{ value: Weekday; label: string }> = [
  { value: "MONDAY", label: "Mon" },
  { value: "TUESDAY", label: "Tue" },
  { value: "WEDNESDAY", label: "Wed" },
  { value: "THURSDAY", label: "Thu" },
  { value: "FRIDAY", label: "Fri" },
  { value: "SATURDAY", label: "Sat" },
  { value: "SUNDAY", label: "Sun" },
];

const clock = (minute: number) =>
  `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
/** `2026-11-22T10:00` in UTC, as the field takes it. */
const fieldTime = (at: number | string) => new Date(at).toISOString().slice(0, 16);

/** Makes a maintenance window, or changes one. Times are in UTC, or by the offset it was made with. */
export function WindowDialog({ draft, onClose }: { draft: WindowDraft; onClose: () => void }) {
  const alerting = useAlerting();
  const before = draft.window;
  const schedule = before?.schedule;
  const weekly = schedule?.kind === "WEEKLY" ? schedule : null;
  const once = schedule?.kind === "ONCE" ? schedule : null;
  const hour = 3_600_000;
  const next = Math.ceil(Date.now() / hour) * hour;
  const [title, setTitle] = useState(before?.title ?? "");
  const [matchers, setMatchers] = useState<string[]>(before?.matchers ?? [""]);
  const [kind, setKind] = useState<"ONCE" | "WEEKLY">(schedule?.kind ?? "ONCE");
  const [from, setFrom] = useState(fieldTime(once?.from ?? next));
  const [to, setTo] = useState(fieldTime(once?.to ?? next + 2 * hour));
  const [chosen, setChosen] = useState<ReadonlyArray<Weekday>>(weekly?.days ?? ["SUNDAY"]);
  const [start, setStart] = useState(clock(weekly?.startMinute ?? 120));
  const [minutes, setMinutes] = useState(String(weekly?.minutes ?? 120));
  const given = matchers.map((one) => one.trim()).filter(Boolean);
  const offset = weekly?.utcOffsetMinutes ?? 0;
  const missing =
    title.trim() === ""
      ? "Give it a title."
      : given.length === 0
        ? "Give at least one matcher, such as useCase=energy."
        : kind === "WEEKLY" && chosen.length === 0
          ? "Choose at least one day."
          : kind === "ONCE" && !(from < to)
            ? "It must end after it begins."
            : null;

  const save = async () => {
    const [hours = "0", rest = "0"] = start.split(":");
    const window: MaintenanceWindow = {
      id: before?.id ?? "",
      title: title.trim(),
      matchers: given,
      schedule:
        kind === "ONCE"
          ? { kind, from: `${from}:00Z`, to: `${to}:00Z` }
          : {
              kind,
              days: days.map((day) => day.value).filter((day) => chosen.includes(day)),
              startMinute: Number(hours) * 60 + Number(rest),
              minutes: Number(minutes),
              utcOffsetMinutes: offset,
            },
    };
    const done = await alerting.change(draft.hub, { kind: "saveWindow", window });
    if (done !== undefined) onClose();
  };

  return (
    <Modal label="Maintenance window" onClose={onClose} testId="window-dialog" className="w-[520px]">
      <form
        className="grid gap-3.5 p-5"
        onSubmit={(event) => {
          event.preventDefault();
          if (!missing && !alerting.pending) void save();
        }}
      >
        <h2 className="font-semibold text-lg">Maintenance window</h2>
        <label className="grid gap-1">
          <span className="text-fg-2 text-sm">Title</span>
          <input
            // biome-ignore lint/a11y/noAutofocus: it was opened in order to type
            autoFocus
            className="field"
            data-testid="window-title"
            value={title}
            maxLength={200}
            onChange={(event) => setTitle(event.target.value)}
          />
        </label>
        <MatcherField
          label="Alerts that match all of this are expected then"
          matchers={matchers}
          onChange={setMatchers}
          testId="window-matcher"
        />
        <div>
          <Segmented
            label="How often"
            value={kind}
            options={[
              { value: "ONCE", label: "Once" },
              { value: "WEEKLY", label: "Every week" },
            ]}
            onChange={setKind}
            testId="window-kind"
          />
        </div>
        {kind === "ONCE" ? (
          <div className="grid grid-cols-2 gap-3">
            <label className="grid gap-1">
              <span className="text-fg-2 text-sm">From (UTC)</span>
              <input
                type="datetime-local"
                className="field"
                data-testid="window-from"
                value={from}
                onChange={(event) => setFrom(event.target.value)}
              />
            </label>
            <label className="grid gap-1">
              <span className="text-fg-2 text-sm">To (UTC)</span>
              <input
                type="datetime-local"
                className="field"
                data-testid="window-to"
                value={to}
                onChange={(event) => setTo(event.target.value)}
              />
            </label>
          </div>
        ) : (
          <>
            <fieldset className="flex gap-1" aria-label="Days">
              {days.map((day) => (
                <button
                  key={day.value}
                  type="button"
                  aria-pressed={chosen.includes(day.value)}
                  onClick={() =>
                    setChosen((known) =>
                      known.includes(day.value)
                        ? known.filter((one) => one !== day.value)
                        : [...known, day.value],
                    )
                  }
                  className="btn aria-pressed:border-accent aria-pressed:bg-accent-quiet"
                >
                  {day.label}
                </button>
              ))}
            </fieldset>
            <div className="grid grid-cols-2 gap-3">
              <label className="grid gap-1">
                <span className="text-fg-2 text-sm">
                  Begins at ({offset === 0 ? "UTC" : `UTC${offset > 0 ? "+" : "-"}${clock(Math.abs(offset))}`}
                  )
                </span>
                <input
                  type="time"
                  className="field"
                  data-testid="window-start"
                  value={start}
                  onChange={(event) => setStart(event.target.value)}
                />
              </label>
              <label className="grid gap-1">
                <span className="text-fg-2 text-sm">For so many minutes</span>
                <input
                  type="number"
                  min={1}
                  max={1440}
                  className="field"
                  data-testid="window-minutes"
                  value={minutes}
                  onChange={(event) => setMinutes(event.target.value)}
                />
              </label>
            </div>
          </>
        )}
        <RequestFailure error={alerting.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            variant="primary"
            testId="window-save"
            disabledReason={alerting.pending ? "Under way." : missing}
          >
            Save
          </Button>
        </div>
      </form>
    </Modal>
  );
}
