import type { BySeverity } from "../../bindings/BySeverity";
import type { NotificationPolicySettings } from "../../bindings/NotificationPolicySettings";
import type { Weekday } from "../../bindings/Weekday";
import { RequestFailure } from "../../components/Notice";
import { Select } from "../../components/Select";
import { Switch } from "../../components/Switch";
import { formatMoment } from "../../format/times";
import { useNow } from "../../format/useNow";
import { useRequest } from "../../platform/useView";
import { NotificationRoutes } from "./NotificationRoutes";
import { soundOptions } from "./sounds";

const days: ReadonlyArray<[Weekday, string]> = [
  ["MONDAY", "Mon"],
  ["TUESDAY", "Tue"],
  ["WEDNESDAY", "Wed"],
  ["THURSDAY", "Thu"],
  ["FRIDAY", "Fri"],
  ["SATURDAY", "Sat"],
  ["SUNDAY", "Sun"],
];

const severities: ReadonlyArray<keyof BySeverity<unknown>> = ["critical", "error", "warning", "info"];

/** Seconds between reminders that are offered; others are offered beside them. */
const reminders: ReadonlyArray<[number, string]> = [
  [0, "never"],
  [60, "every minute"],
  [300, "every 5 min"],
  [900, "every 15 min"],
  [1_800, "every 30 min"],
  [3_600, "every hour"],
  [14_400, "every 4 hours"],
];

const snoozes = [5, 15, 30, 60, 240];

const pauses = [
  { value: "off", label: "Off" },
  { value: "30", label: "for 30 min" },
  { value: "120", label: "for 2 hours" },
  { value: "480", label: "for 8 hours" },
  { value: "1440", label: "for a day" },
] as const;

/** How the desktop is told of alerts: quiet hours, reminders, sounds, routes. */
export function NotificationPolicy({ policy }: { policy: NotificationPolicySettings }) {
  const save = useRequest("save_notification_policy");
  const now = useNow();
  const change = (changed: Partial<NotificationPolicySettings>) =>
    void save.send({ policy: { ...policy, ...changed } });
  const hours = policy.quietHours;
  const until = policy.doNotDisturbUntil;
  const isPaused = until !== null && Date.parse(until) > now;

  return (
    <section aria-labelledby="policy-title" data-testid="notification-policy">
      <h2 id="policy-title" className="caps pb-2">
        Notification policy
      </h2>
      <div className="panel grid gap-4 p-4">
        <div className="flex items-center justify-between gap-4">
          <span>
            Do not disturb
            <span className="block text-fg-3 text-sm" data-testid="do-not-disturb-state">
              {isPaused
                ? `Until ${formatMoment(until, now)} UTC.`
                : "Notifications wait, and are told in one summary."}
            </span>
          </span>
          <Select
            label="Do not disturb"
            value={isPaused ? "on" : "off"}
            options={isPaused ? [{ value: "on", label: "On" }, ...pauses] : pauses}
            testId="do-not-disturb"
            onChange={(pause) =>
              change({
                doNotDisturbUntil:
                  pause === "off" || pause === "on"
                    ? null
                    : new Date(now + Number(pause) * 60_000).toISOString(),
              })
            }
          />
        </div>
        <Switch
          label="Quiet hours"
          checked={hours.enabled}
          testId="quiet-hours"
          onChange={(enabled) => change({ quietHours: { ...hours, enabled } })}
        />
        {hours.enabled && (
          <div className="grid gap-2">
            <fieldset aria-label="Days on which quiet hours begin" className="flex gap-1">
              {days.map(([day, name]) => (
                <button
                  key={day}
                  type="button"
                  aria-pressed={hours.days.includes(day)}
                  data-testid={`quiet-day-${day}`}
                  className="h-[26px] rounded-md border border-line px-2 text-fg-2 hover:text-fg aria-pressed:border-line-strong aria-pressed:bg-pressed aria-pressed:text-fg"
                  onClick={() => change({ quietHours: { ...hours, days: toggled(hours.days, day) } })}
                >
                  {name}
                </button>
              ))}
            </fieldset>
            <div className="flex items-center gap-2">
              <TimeField
                label="Quiet from"
                minute={hours.startMinute}
                testId="quiet-from"
                onChange={(startMinute) => change({ quietHours: { ...hours, startMinute } })}
              />
              <span className="text-fg-3">to</span>
              <TimeField
                label="Quiet until"
                minute={hours.endMinute}
                testId="quiet-to"
                onChange={(endMinute) => change({ quietHours: { ...hours, endMinute } })}
              />
              <span className="text-fg-3 text-sm">by this computer's clock</span>
            </div>
          </div>
        )}
        <Switch
          label="Critical alerts break through"
          checked={policy.criticalBreaksThrough}
          testId="critical-breaks-through"
          onChange={(criticalBreaksThrough) => change({ criticalBreaksThrough })}
        />
        <table className="w-full">
          <thead>
            <tr className="text-left text-fg-3 text-sm">
              <th className="pb-1 font-normal">Severity</th>
              <th className="pb-1 font-normal">Reminded until acknowledged</th>
              <th className="pb-1 font-normal">Sound</th>
            </tr>
          </thead>
          <tbody>
            {severities.map((severity) => (
              <tr key={severity}>
                <td className="py-1">{severity === "info" ? "info, debug" : severity}</td>
                <td className="py-1">
                  <Select
                    label={`Reminder of ${severity}`}
                    value={String(policy.remindSeconds[severity])}
                    options={reminderOptions(policy.remindSeconds[severity])}
                    testId={`remind-${severity}`}
                    onChange={(seconds) =>
                      change({ remindSeconds: { ...policy.remindSeconds, [severity]: Number(seconds) } })
                    }
                  />
                </td>
                <td className="py-1">
                  <Select
                    label={`Sound of ${severity}`}
                    value={policy.sounds[severity]}
                    options={soundOptions(policy.sounds[severity])}
                    testId={`sound-${severity}`}
                    onChange={(sound) => change({ sounds: { ...policy.sounds, [severity]: sound } })}
                  />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        <div className="flex items-center justify-between gap-4">
          <span>The snooze button puts an alert aside for</span>
          <Select
            label="Snooze for"
            value={String(policy.snoozeMinutes)}
            options={minuteOptions(policy.snoozeMinutes)}
            testId="snooze-minutes"
            onChange={(minutes) => change({ snoozeMinutes: Number(minutes) })}
          />
        </div>
        <NotificationRoutes routes={policy.routes} onChange={(routes) => change({ routes })} />
        <RequestFailure error={save.error} />
      </div>
    </section>
  );
}

interface TimeFieldProps {
  label: string;
  minute: number;
  testId: string;
  onChange: (minute: number) => void;
}

function TimeField({ label, minute, testId, onChange }: TimeFieldProps) {
  return (
    <input
      type="time"
      aria-label={label}
      data-testid={testId}
      className="field w-auto"
      value={timeOfDay(minute)}
      onChange={(event) => {
        const [hours, minutes] = event.target.value.split(":").map(Number);
        if (Number.isInteger(hours) && Number.isInteger(minutes))
          onChange(Number(hours) * 60 + Number(minutes));
      }}
    />
  );
}

function timeOfDay(minute: number): string {
  const two = (number: number) => String(number).padStart(2, "0");
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
}

function toggled(chosen: ReadonlyArray<Weekday>, day: Weekday): Weekday[] {
  return days
    .map(([known]) => known)
    .filter((known) => (known === day ? !chosen.includes(day) : chosen.includes(known)));
}

function reminderOptions(chosen: number): ReadonlyArray<{ value: string; label: string }> {
  const offered = reminders.some(([seconds]) => seconds === chosen)
    ? reminders
    : [...reminders, [chosen, `every ${chosen} s`] as const];
  return offered.map(([seconds, label]) => ({ value: String(seconds), label }));
}

function minuteOptions(chosen: number): ReadonlyArray<{ value: string; label: string }> {
  const offered = snoozes.includes(chosen) ? snoozes : [...snoozes, chosen].sort((a, b) => a - b);
  return offered.map((minutes) => ({ value: String(minutes), label: `${minutes} min` }));
}
