import type { AlertHold } from "../../bindings/AlertHold";
import type { AlertRow } from "../../bindings/AlertRow";
import type { Status } from "../../bindings/Status";
import { plainLine } from "../../format/plainText";
import { formatMoment } from "../../format/times";
import type { Route } from "../../navigation/route";

/** Colour of an alert's left edge. */
export const alertEdge: Record<Status, string> = {
  off: "border-l-off",
  standby: "border-l-standby",
  normal: "border-l-normal",
  caution: "border-l-caution",
  serious: "border-l-serious",
  critical: "border-l-critical",
};

/** Where an alert stands, in words. */
export function stateSentence(alert: AlertRow): string {
  switch (alert.state) {
    case "raised":
      return "not acknowledged";
    case "acknowledged":
      return `acknowledged by ${plainLine(alert.acknowledgedBy ?? "someone")}`;
    case "resolved":
      return `resolved by ${plainLine(alert.resolvedBy ?? "its producer")}`;
  }
}

/** Where one goes to see what holds an alert. */
export function holdRoute(hold: AlertHold): Route {
  if (hold.alertId) return { view: "alerts", alertId: hold.alertId };
  return { view: "silences" };
}

/** What holds an alert, with its end. */
export function holdText(hold: AlertHold, now: number): string {
  const text = plainLine(hold.text);
  return hold.until ? `${text} · until ${formatMoment(hold.until, now).replace(/:\d\d$/, "")}` : text;
}
