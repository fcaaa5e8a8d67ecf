import type { RecordKind } from "../../bindings/RecordKind";

/** The kinds of records, as operators read them. */
export const kindText: Record<RecordKind, string> = {
  REGISTRATION: "Registrations",
  CONNECTION: "Connection changes",
  STATUS: "Statuses",
  EVENT: "Events",
  METRICS: "Metrics reports",
  RESOURCE_USAGE: "Resource reports",
  ALERT: "Alerts",
  COMMAND: "Commands",
  QUERY: "Queries",
  CONFIGURATION: "Configurations",
  WORKFLOW_UPDATE: "Workflow updates",
  REFUSAL: "Refusals",
  ACCESS: "Access changes",
  ALERT_POLICY: "Alert policies",
};

export const kindsInOrder = Object.keys(kindText) as RecordKind[];
