import type { AlertRow } from "../../bindings/AlertRow";
import type { Status } from "../../bindings/Status";
import { plainLine } from "../../format/plainText";

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
