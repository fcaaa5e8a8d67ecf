import { useState } from "react";
import type { NotificationService } from "../../bindings/NotificationService";
import type { Preferences } from "../../bindings/Preferences";
import type { Severity } from "../../bindings/Severity";
import type { Status } from "../../bindings/Status";
import { Button } from "../../components/Button";
import { RequestFailure } from "../../components/Notice";
import { Select } from "../../components/Select";
import { StatusIcon } from "../../components/StatusIcon";
import { Switch } from "../../components/Switch";
import { plainText } from "../../format/plainText";
import { useRequest } from "../../platform/useView";

const thresholds: ReadonlyArray<{ value: Severity; label: string }> = [
  { value: "debug", label: "debug and worse" },
  { value: "info", label: "info and worse" },
  { value: "warning", label: "warning and worse" },
  { value: "error", label: "error and worse" },
  { value: "critical", label: "critical only" },
];

/** Notifications a minute that are offered; a number set elsewhere is offered beside them. */
const paces = [1, 5, 20, 60];

interface NotificationSettingsProps {
  preferences: Preferences;
  service: NotificationService;
}

export function NotificationSettings({ preferences, service }: NotificationSettingsProps) {
  const save = useRequest("save_preferences");
  const test = useRequest("test_notification");
  const [sent, setSent] = useState(false);
  const [status, text] = describe(service);

  return (
    <section aria-labelledby="notifications-title">
      <h2 id="notifications-title" className="caps flex items-end pb-2 min-[1560px]:h-9">
        Notifications
      </h2>
      <div className="panel grid gap-4 p-4">
        <div className="flex items-start gap-2" data-testid="notification-service" data-state={service.state}>
          <StatusIcon status={status} label="" className="mt-1" />
          <p className="min-w-0 flex-1 text-fg-2">{text}</p>
          <Button
            testId="test-notification"
            disabledReason={
              !preferences.notificationsEnabled
                ? "Notifications are switched off."
                : test.pending
                  ? "Under way."
                  : null
            }
            onClick={async () => setSent((await test.send({})) !== undefined)}
          >
            Send a test
          </Button>
        </div>
        {sent && !test.error && (
          <p role="status" className="text-fg-2">
            A test notification was handed to the desktop. If none appeared, see its notification settings.
          </p>
        )}
        <RequestFailure error={test.error ?? save.error} />
        <Switch
          label="Show alerts as desktop notifications"
          checked={preferences.notificationsEnabled}
          testId="notifications-enabled"
          onChange={(notificationsEnabled) =>
            void save.send({ preferences: { ...preferences, notificationsEnabled } })
          }
        />
        <div className="flex items-center justify-between gap-4">
          <span>Notify for severity</span>
          <Select
            label="Notify for severity"
            value={preferences.notifyFrom}
            options={thresholds}
            onChange={(notifyFrom) => void save.send({ preferences: { ...preferences, notifyFrom } })}
            testId="notify-from"
          />
        </div>
        <div className="flex items-center justify-between gap-4">
          <span>
            At most
            <span className="block text-sm text-fg-3">More than that are told in one summary.</span>
          </span>
          <Select
            label="Notifications a minute at most"
            value={String(preferences.notificationsPerMinute)}
            options={paceOptions(preferences.notificationsPerMinute)}
            onChange={(pace) =>
              void save.send({ preferences: { ...preferences, notificationsPerMinute: Number(pace) } })
            }
            testId="notifications-per-minute"
          />
        </div>
      </div>
    </section>
  );
}

function paceOptions(chosen: number): ReadonlyArray<{ value: string; label: string }> {
  const offered = paces.includes(chosen) ? paces : [...paces, chosen].sort((a, b) => a - b);
  return offered.map((pace) => ({ value: String(pace), label: `${pace} a minute` }));
}

function describe(service: NotificationService): [Status, string] {
  switch (service.state) {
    case "unknown":
      return ["standby", "The desktop's notification service has not been tried yet."];
    case "working":
      return ["normal", `The desktop's notification service answers: ${plainText(service.server)}.`];
    case "off":
      return ["off", "Switched off. Alerts are still shown here."];
    case "unavailable":
      return ["caution", plainText(service.reason)];
  }
}
