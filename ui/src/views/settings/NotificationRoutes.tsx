import { useState } from "react";
import type { NotificationRoute } from "../../bindings/NotificationRoute";
import type { Urgency } from "../../bindings/Urgency";
import { Button } from "../../components/Button";
import { Modal } from "../../components/Modal";
import { Select } from "../../components/Select";
import { plainLine } from "../../format/plainText";
import { soundOptions } from "./sounds";

interface NotificationRoutesProps {
  routes: NotificationRoute[];
  onChange: (routes: NotificationRoute[]) => void;
}

/** The routes in their order: the first that matches an alert says how it is notified. */
export function NotificationRoutes({ routes, onChange }: NotificationRoutesProps) {
  const [edited, setEdited] = useState<number | null>(null);
  const moved = (place: number) => {
    const order = [...routes];
    const [route] = order.splice(place, 1);
    if (route) order.splice(place - 1, 0, route);
    onChange(order);
  };
  return (
    <div className="grid gap-2">
      <div className="flex items-center justify-between gap-4">
        <span>
          Routes
          <span className="block text-fg-3 text-sm">
            The first that matches an alert says how it is notified.
          </span>
        </span>
        <Button testId="add-route" onClick={() => setEdited(routes.length)}>
          Add a route…
        </Button>
      </div>
      <ol className="grid gap-1.5">
        {routes.map((route, place) => (
          <li
            // biome-ignore lint/suspicious/noArrayIndexKey: a route is known by its place alone
            key={place}
            data-testid="notification-route"
            className="flex items-center gap-3 rounded-md border border-line px-3 py-1.5"
          >
            <span className="min-w-0 flex-1">
              <span className="block truncate">
                {route.name === "" ? effectText(route) : `${plainLine(route.name)}: ${effectText(route)}`}
              </span>
              <code className="block truncate font-mono text-fg-2 text-sm">
                {plainLine(route.matchers.join(", "))}
              </code>
            </span>
            <Button
              testId={`route-up-${place}`}
              disabledReason={place === 0 ? "It is the first already." : null}
              onClick={() => moved(place)}
            >
              Up
            </Button>
            <Button testId={`route-edit-${place}`} onClick={() => setEdited(place)}>
              Edit…
            </Button>
            <Button
              testId={`route-remove-${place}`}
              onClick={() => onChange(routes.filter((_, other) => other !== place))}
            >
              Remove
            </Button>
          </li>
        ))}
      </ol>
      {edited !== null && (
        <RouteDialog
          route={routes[edited]}
          onClose={() => setEdited(null)}
          onSave={(route) => {
            onChange(
              edited < routes.length
                ? routes.map((old, at) => (at === edited ? route : old))
                : [...routes, route],
            );
            setEdited(null);
          }}
        />
      )}
    </div>
  );
}

const effects = [
  { value: "never", label: "No notification" },
  { value: "usual", label: "Urgency by severity" },
  { value: "low", label: "Low urgency" },
  { value: "normal", label: "Normal urgency" },
  { value: "critical", label: "Critical urgency: stays until closed" },
] as const;

type Effect = (typeof effects)[number]["value"];

interface RouteDialogProps {
  route: NotificationRoute | undefined;
  onClose: () => void;
  onSave: (route: NotificationRoute) => void;
}

function RouteDialog({ route, onClose, onSave }: RouteDialogProps) {
  const [name, setName] = useState(route?.name ?? "");
  const [matchers, setMatchers] = useState(route?.matchers.join("\n") ?? "");
  const [effect, setEffect] = useState<Effect>(route ? effectOf(route) : "usual");
  const [sound, setSound] = useState<string | null>(route?.sound ?? null);
  const given = matchers
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const wrong = given.find((line) => !/^[A-Za-z][A-Za-z0-9_.-]*\s*(=~|!~|!=|=)/.test(line));

  return (
    <Modal label="A route" onClose={onClose} testId="route-dialog" className="w-[520px]">
      <form
        className="grid gap-4 p-5"
        onSubmit={(event) => {
          event.preventDefault();
          if (given.length === 0 || wrong) return;
          const urgency: Urgency | null = effect === "never" || effect === "usual" ? null : effect;
          onSave({ name: name.trim(), matchers: given, notify: effect !== "never", urgency, sound });
        }}
      >
        <h2 className="font-semibold text-lg">{route ? "Change a route" : "Add a route"}</h2>
        <label className="grid gap-1">
          <span className="text-sm">Alerts that match all of these, one a line</span>
          <textarea
            className="field h-24 font-mono"
            data-testid="route-matchers"
            spellCheck={false}
            placeholder={"severity=info\nuseCase=~energy|water\nhub!=Plant"}
            value={matchers}
            onChange={(event) => setMatchers(event.target.value)}
          />
          <span className="text-fg-3 text-sm">
            {wrong
              ? `${plainLine(wrong)} is no matcher: write label=value, with =, !=, =~ or !~.`
              : "Labels: severity, dashboard, useCase, environment, type, rule, source, hub, and those that rules set."}
          </span>
        </label>
        <label className="grid gap-1">
          <span className="text-sm">Name</span>
          <input
            className="field"
            data-testid="route-name"
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        </label>
        <div className="flex items-center justify-between gap-4">
          <span>Notification</span>
          <Select
            label="Notification"
            value={effect}
            options={effects}
            onChange={setEffect}
            testId="route-effect"
          />
        </div>
        {effect !== "never" && (
          <div className="flex items-center justify-between gap-4">
            <span>Sound</span>
            <Select
              label="Sound"
              value={sound ?? "by severity"}
              options={[{ value: "by severity", label: "by severity" }, ...soundOptions(sound ?? "")]}
              onChange={(chosen) => setSound(chosen === "by severity" ? null : chosen)}
              testId="route-sound"
            />
          </div>
        )}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            variant="primary"
            testId="route-save"
            disabledReason={
              given.length === 0 ? "A matcher is needed." : wrong ? "A matcher is wrong." : null
            }
          >
            Save
          </Button>
        </div>
      </form>
    </Modal>
  );
}

function effectOf(route: NotificationRoute): Effect {
  return route.notify ? (route.urgency ?? "usual") : "never";
}

function effectText(route: NotificationRoute): string {
  const effect = effectOf(route);
  const text = effects.find((known) => known.value === effect)?.label ?? effect;
  if (!route.notify || route.sound === null) return text;
  return `${text}, ${route.sound === "" ? "silent" : plainLine(route.sound)}`;
}
