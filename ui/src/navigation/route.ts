import type { CommandId } from "../bindings/CommandId";
import type { DashboardKey } from "../bindings/DashboardKey";
import type { DashboardSection } from "../bindings/DashboardSection";
import type { HubKey } from "../bindings/HubKey";
import type { Navigation } from "../bindings/Navigation";

/** A part of the dashboard view: those an alert can open, and its configuration. */
export type Section = DashboardSection | "configuration";

export const sections: ReadonlyArray<Section> = [
  "overview",
  "data",
  "workflows",
  "agents",
  "events",
  "alerts",
  "commands",
  "configuration",
];

/** Where in the program one is. Every place has an address, kept in the fragment of the page's URL. */
export type Route =
  | { view: "fleet" }
  | { view: "dashboard"; dashboard: DashboardKey; section: Section }
  | { view: "alerts"; alertId: string | null; open?: boolean }
  | { view: "rules"; ruleId: string | null }
  | { view: "silences" }
  | { view: "statistics" }
  | { view: "events"; query: string; record: { hub: HubKey; seq: number } | null }
  | { view: "metrics" }
  | { view: "commands"; targets: DashboardKey[]; type: string | null; commandId: CommandId | null }
  | { view: "connect"; hub: HubKey | null }
  | { view: "settings" }
  | { view: "storage" };

export const home: Route = { view: "fleet" };

/** One text for a dashboard over all hubs; for keys of lists and maps, and for addresses. */
export function keyText(dashboard: DashboardKey): string {
  return `${dashboard.hub}/${dashboard.dashboardId}`;
}

export function parseKey(text: string): DashboardKey | null {
  const slash = text.indexOf("/");
  if (slash <= 0 || slash === text.length - 1) return null;
  return { hub: text.slice(0, slash), dashboardId: text.slice(slash + 1) };
}

export function formatRoute(route: Route): string {
  switch (route.view) {
    case "dashboard": {
      const { hub, dashboardId } = route.dashboard;
      return `#/dashboard/${encodeURIComponent(hub)}/${encodeURIComponent(dashboardId)}/${route.section}`;
    }
    case "connect":
      return route.hub ? `#/connect/${encodeURIComponent(route.hub)}` : "#/connect";
    case "alerts":
      return route.alertId
        ? `#/alerts/${encodeURIComponent(route.alertId)}${route.open ? "/open" : ""}`
        : "#/alerts";
    case "rules":
      return route.ruleId ? `#/rules/${encodeURIComponent(route.ruleId)}` : "#/rules";
    case "events": {
      const query = new URLSearchParams();
      if (route.query) query.set("q", route.query);
      if (route.record) query.set("record", `${route.record.hub}/${route.record.seq}`);
      const text = query.toString();
      return text ? `#/events?${text}` : "#/events";
    }
    case "commands": {
      const query = new URLSearchParams();
      for (const target of route.targets) query.append("to", keyText(target));
      if (route.type) query.set("type", route.type);
      if (route.commandId) query.set("command", route.commandId);
      const text = query.toString();
      return text ? `#/commands?${text}` : "#/commands";
    }
    default:
      return `#/${route.view}`;
  }
}

/** The place an address names; the fleet for one that names none. */
export function parseRoute(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#?\/?/, "").split("?", 2);
  const parts = path.split("/").map(decode);
  switch (parts[0]) {
    case "dashboard": {
      const [, hub, dashboardId, wanted] = parts;
      if (!hub || !dashboardId) return home;
      const section = sections.find((known) => known === wanted) ?? "overview";
      return { view: "dashboard", dashboard: { hub, dashboardId }, section };
    }
    case "alerts":
      return {
        view: "alerts",
        alertId: parts[1] || null,
        ...(parts[1] && parts[2] === "open" ? { open: true } : {}),
      };
    case "rules":
      return { view: "rules", ruleId: parts[1] || null };
    case "silences":
      return { view: "silences" };
    case "statistics":
      return { view: "statistics" };
    case "events": {
      const values = new URLSearchParams(query);
      const [hub, seq] = values.get("record")?.split("/", 2) ?? [];
      const record = hub && seq && /^\d+$/.test(seq) ? { hub, seq: Number(seq) } : null;
      return { view: "events", query: values.get("q") ?? "", record };
    }
    case "commands": {
      const values = new URLSearchParams(query);
      const targets = values.getAll("to").flatMap((text) => parseKey(text) ?? []);
      return { view: "commands", targets, type: values.get("type"), commandId: values.get("command") };
    }
    case "connect":
      return { view: "connect", hub: parts[1] || null };
    case "metrics":
      return { view: "metrics" };
    case "settings":
      return { view: "settings" };
    case "storage":
      return { view: "storage" };
    default:
      return home;
  }
}

/** Where the shell wants to go. */
export function routeOf(navigation: Navigation): Route {
  switch (navigation.kind) {
    case "alert":
      return { view: "alerts", alertId: navigation.alertId };
    case "dashboard":
      return { view: "dashboard", dashboard: navigation.dashboard, section: navigation.section };
    case "view":
      return parseRoute(navigation.name);
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
