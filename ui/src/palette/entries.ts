import type { AlertRow } from "../bindings/AlertRow";
import type { CommandTarget } from "../bindings/CommandTarget";
import type { Status } from "../bindings/Status";
import { plainLine } from "../format/plainText";
import { keyText, parseRoute, type Route } from "../navigation/route";

export interface PaletteEntry {
  id: string;
  kind: "View" | "Dashboard" | "Alert" | "Command" | "Link" | "File";
  text: string;
  detail: string;
  status: Status | null;
  route: Route;
  /** The address itself, where it says more than the route: the instant it carries. */
  address?: string;
  /** What it opens instead of a place. */
  dialog?: "import";
  /** What is searched. */
  haystack: string;
}

function entry(part: Omit<PaletteEntry, "haystack">): PaletteEntry {
  return { ...part, haystack: `${part.kind} ${part.text} ${part.detail}`.toLowerCase() };
}

/** Everything one can go to or do from the palette. */
export function paletteEntries(targets: CommandTarget[], alerts: AlertRow[]): PaletteEntry[] {
  const views: PaletteEntry[] = [
    entry({
      id: "view-fleet",
      kind: "View",
      text: "Fleet",
      detail: "every dashboard",
      status: null,
      route: { view: "fleet" },
    }),
    entry({
      id: "view-alerts",
      kind: "View",
      text: "Alerts",
      detail: "",
      status: null,
      route: { view: "alerts", alertId: null },
    }),
    entry({
      id: "view-rules",
      kind: "View",
      text: "Alert rules",
      detail: "what raises alerts, tried on what was recorded",
      status: null,
      route: { view: "rules", ruleId: null },
    }),
    entry({
      id: "view-silences",
      kind: "View",
      text: "Silences",
      detail: "shelf, maintenance windows, inhibitions, grouping, escalation",
      status: null,
      route: { view: "silences" },
    }),
    entry({
      id: "view-statistics",
      kind: "View",
      text: "Alert statistics",
      detail: "noisiest rules, time to acknowledge, time to resolve",
      status: null,
      route: { view: "statistics" },
    }),
    entry({
      id: "view-events",
      kind: "View",
      text: "Events",
      detail: "search everything recorded",
      status: null,
      route: { view: "events", query: "", record: null },
    }),
    entry({
      id: "view-metrics",
      kind: "View",
      text: "Metrics",
      detail: "compare series, find who stands out",
      status: null,
      route: { view: "metrics" },
    }),
    entry({
      id: "view-commands",
      kind: "View",
      text: "Commands",
      detail: "send, history",
      status: null,
      route: { view: "commands", targets: [], type: null, commandId: null },
    }),
    entry({
      id: "view-connect",
      kind: "View",
      text: "Connect a dashboard",
      detail: "make a token, copy the code",
      status: null,
      route: { view: "connect", hub: null },
    }),
    entry({
      id: "view-settings",
      kind: "View",
      text: "Settings",
      detail: "hubs, notifications, theme",
      status: null,
      route: { view: "settings" },
    }),
    entry({
      id: "import-archive",
      kind: "File",
      text: "Import an archive…",
      detail: "look at part of another hub's record",
      status: null,
      route: { view: "settings" },
      dialog: "import",
    }),
    entry({
      id: "view-storage",
      kind: "View",
      text: "Storage",
      detail: "size, what is kept, check, backup, restore",
      status: null,
      route: { view: "storage" },
    }),
  ];
  const dashboards = targets.map((target) =>
    entry({
      id: `dashboard-${keyText(target.dashboard)}`,
      kind: "Dashboard",
      text: plainLine(target.name),
      detail: `${plainLine(target.useCase)} ${target.dashboard.dashboardId}`,
      status: target.status,
      route: { view: "dashboard", dashboard: target.dashboard, section: "overview" },
    }),
  );
  const open = alerts.map((alert) =>
    entry({
      id: `alert-${alert.alertId}`,
      kind: "Alert",
      text: plainLine(alert.title),
      detail: plainLine(alert.dashboardName),
      status: alert.status,
      route: { view: "alerts", alertId: alert.alertId },
    }),
  );
  const commands = targets
    .filter((target) => target.disabled === null)
    .flatMap((target) =>
      target.accepts.map((declared) =>
        entry({
          id: `command-${keyText(target.dashboard)}-${declared.type}`,
          kind: "Command",
          text: `${plainLine(declared.title)} on ${plainLine(target.name)}`,
          detail: declared.type,
          status: null,
          route: { view: "commands", targets: [target.dashboard], type: declared.type, commandId: null },
        }),
      ),
    );
  return [...views, ...dashboards, ...open, ...commands];
}

/** The place that a pasted link leads to; null when the text is no link. */
export function linkEntry(text: string): PaletteEntry | null {
  const address = text.trim();
  if (!address.startsWith("#/")) return null;
  return entry({
    id: "link",
    kind: "Link",
    text: "Open the link",
    detail: plainLine(address),
    status: null,
    route: parseRoute(address),
    address,
  });
}

/** Those that have all the words, the ones whose text begins with them first; at most `limit`. */
export function matching(entries: PaletteEntry[], query: string, limit: number): PaletteEntry[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const found = entries.filter((one) => words.every((word) => one.haystack.includes(word)));
  const first = words[0];
  if (first === undefined) return found.filter((one) => one.kind !== "Command").slice(0, limit);
  const begins = (one: PaletteEntry) => (one.text.toLowerCase().startsWith(first) ? 0 : 1);
  return found.sort((a, b) => begins(a) - begins(b)).slice(0, limit);
}
