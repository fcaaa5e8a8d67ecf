import type { FleetCondition } from "../../../bindings/FleetCondition";
import type { Rule } from "../../../bindings/Rule";
import type { RuleComparison } from "../../../bindings/RuleComparison";
import type { RuleCondition } from "../../../bindings/RuleCondition";
import type { Severity } from "../../../bindings/Severity";
import type { Silent } from "../../../bindings/Silent";
import type { JsonValue } from "../../../bindings/serde_json/JsonValue";

export type RuleKind = RuleCondition["kind"];

/** What the form holds: texts as they are typed. Fields of other kinds stay while one chooses a kind. */
export interface RuleForm {
  id: string;
  title: string;
  description: string;
  severity: Severity;
  enabled: boolean;
  dashboards: string[];
  labels: string[];
  runbook: string;
  command: string;
  /** Of the command; kept as it is. */
  payload: JsonValue | undefined;
  kind: RuleKind;
  fields: Record<FieldName, string>;
}

/** Every field that a kind of condition can have. */
export type FieldName =
  | "metric"
  | "comparison"
  | "value"
  | "clear"
  | "perMinute"
  | "overSeconds"
  | "withinSeconds"
  | "what"
  | "fleet"
  | "percent"
  | "atLeast"
  | "distance"
  | "score"
  | "calmSeconds"
  | "forSeconds";

/** How a field is drawn and read. */
export interface FieldSpec {
  name: FieldName;
  label: string;
  as: "metric" | "comparison" | "silent" | "fleet" | "number" | "seconds";
  optional?: boolean;
  /** Whether it stands in the unit of the metric. */
  inUnit?: boolean;
  hint?: string;
}

export interface KindSpec {
  kind: RuleKind;
  label: string;
  /** What it watches for, in a sentence. */
  about: string;
  fields: FieldSpec[];
  /** What a new one begins with. */
  start: Partial<Record<FieldName, string>>;
}

const metric: FieldSpec = { name: "metric", label: "Metric", as: "metric" };
const comparison: FieldSpec = { name: "comparison", label: "Is", as: "comparison" };
const clear: FieldSpec = {
  name: "clear",
  label: "Clears at",
  as: "number",
  optional: true,
  inUnit: true,
  hint: "Where it ends, if not at the same bound",
};
const lasting: FieldSpec = { name: "forSeconds", label: "For at least", as: "seconds" };

/** Every kind of rule. A new kind is one more entry here and in {@link conditionOf}. */
export const kinds: readonly KindSpec[] = [
  {
    kind: "THRESHOLD",
    label: "Threshold",
    about: "A value is beyond a bound for some time.",
    fields: [
      metric,
      comparison,
      { name: "value", label: "Bound", as: "number", inUnit: true },
      lasting,
      clear,
    ],
    start: { comparison: "ABOVE", forSeconds: "60" },
  },
  {
    kind: "ABSENCE",
    label: "Absence",
    about: "Something that should come does not.",
    fields: [
      { name: "what", label: "What is silent", as: "silent" },
      { ...metric, optional: true },
      { ...lasting, label: "For" },
    ],
    start: { what: "METRIC", forSeconds: "300" },
  },
  {
    kind: "RATE",
    label: "Rate of change",
    about: "A value rises or falls too fast.",
    fields: [
      metric,
      comparison,
      { name: "perMinute", label: "Change a minute", as: "number", inUnit: true },
      { name: "overSeconds", label: "Measured over", as: "seconds" },
      lasting,
      { ...clear, label: "Clears at (a minute)" },
    ],
    start: { comparison: "ABOVE", overSeconds: "300", forSeconds: "0" },
  },
  {
    kind: "FORECAST",
    label: "Forecast",
    about: "A value will be beyond a bound soon, if it goes on like that.",
    fields: [
      metric,
      { ...comparison, label: "Will be" },
      { name: "value", label: "Bound", as: "number", inUnit: true },
      { name: "withinSeconds", label: "Within", as: "seconds" },
      { name: "overSeconds", label: "Going on as over the last", as: "seconds" },
      lasting,
    ],
    start: { comparison: "ABOVE", withinSeconds: "1800", overSeconds: "900", forSeconds: "60" },
  },
  {
    kind: "FLEET",
    label: "Fleet share",
    about: "More than a share of a use case is in trouble.",
    fields: [
      { name: "fleet", label: "In trouble when", as: "fleet" },
      { name: "percent", label: "More than (%)", as: "number" },
      { name: "atLeast", label: "In a use case of at least (dashboards)", as: "number" },
      lasting,
    ],
    start: { fleet: "ERROR_OR_OFFLINE", percent: "20", atLeast: "5", forSeconds: "60" },
  },
  {
    kind: "OUTLIER",
    label: "Outlier",
    about: "A dashboard is unlike the others of its use case.",
    fields: [
      metric,
      { name: "distance", label: "Further from their median than (deviations)", as: "number" },
      { name: "atLeast", label: "Among at least (dashboards)", as: "number" },
      lasting,
    ],
    start: { distance: "6", atLeast: "5", forSeconds: "300" },
  },
  {
    kind: "DEVIATION",
    label: "Deviation",
    about:
      "A value is unlike what is usual for it: its own past, its hour of the day and of the week. Needs no training; it is told when it begins.",
    fields: [
      metric,
      { name: "score", label: "Score (0 to 1) from", as: "number", hint: "0.5 is where the unusual begins" },
      { name: "calmSeconds", label: "Over when calm for", as: "seconds" },
      { ...clear, label: "Goes on from a score of", inUnit: false },
      { name: "atLeast", label: "From so many samples on", as: "number" },
    ],
    start: { score: "0.5", calmSeconds: "900", atLeast: "300", forSeconds: "0" },
  },
];

const blank: Record<FieldName, string> = {
  metric: "",
  comparison: "ABOVE",
  value: "",
  clear: "",
  perMinute: "",
  overSeconds: "",
  withinSeconds: "",
  what: "METRIC",
  fleet: "ERROR_OR_OFFLINE",
  percent: "",
  atLeast: "",
  distance: "",
  score: "",
  calmSeconds: "",
  forSeconds: "60",
};

export const specOf = (kind: RuleKind): KindSpec => {
  const found = kinds.find((one) => one.kind === kind) ?? kinds[0];
  if (!found) throw new Error("there are no kinds of rules");
  return found;
};

export function emptyForm(): RuleForm {
  return {
    id: "",
    title: "",
    description: "",
    severity: "warning",
    // Tried first, switched on after.
    enabled: false,
    dashboards: [],
    labels: [],
    runbook: "",
    command: "",
    payload: undefined,
    kind: "THRESHOLD",
    fields: { ...blank, ...specOf("THRESHOLD").start },
  };
}

/** The form with another kind chosen: what the new kind needs and nobody typed yet begins as that kind does. */
export function withKind(form: RuleForm, kind: RuleKind): RuleForm {
  const fields = { ...form.fields };
  for (const [name, value] of Object.entries(specOf(kind).start)) {
    const known = name as FieldName;
    if (fields[known] === "" || fields[known] === blank[known]) fields[known] = value;
  }
  return { ...form, kind, fields };
}

/** An id made of a title: `api-is-slow` for `API is slow!`. */
export function idOf(title: string): string {
  const id = title
    .toLowerCase()
    .normalize("NFKD")
    .replace(/\p{Mark}/gu, "")
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 60);
  return id || "rule";
}

const text = (value: number | undefined) => (value === undefined ? "" : String(value));

export function formOf(rule: Rule): RuleForm {
  const fields = { ...blank, forSeconds: String(rule.forSeconds) };
  const { condition } = rule;
  for (const [name, value] of Object.entries(condition)) {
    if (name === "kind" || name === "unit") continue;
    if (name === "condition") fields.fleet = String(value);
    else if (name in fields)
      fields[name as FieldName] = typeof value === "number" ? text(value) : String(value);
  }
  return {
    id: rule.id,
    title: rule.title,
    description: rule.description ?? "",
    severity: rule.severity,
    enabled: rule.enabled,
    dashboards: rule.dashboards ?? [],
    labels: Object.entries(rule.labels ?? {}).map(([name, value]) => `${name}=${value}`),
    runbook: rule.runbook?.url ?? "",
    command: rule.runbook?.command ?? "",
    payload: rule.runbook?.payload,
    kind: condition.kind,
    fields,
  };
}

/** What the form says, as a rule; or what is missing, by field. The hub looks at the rest. */
export function ruleOf(form: RuleForm): { rule: Rule } | { problems: Partial<Record<string, string>> } {
  const problems: Partial<Record<string, string>> = {};
  if (form.title.trim() === "") problems.title = "Give it a title; it is the title of its alerts.";
  const spec = specOf(form.kind);
  for (const field of spec.fields) {
    const typed = form.fields[field.name].trim();
    if (typed === "") {
      if (!field.optional) problems[field.name] = `${field.label}: this is missing.`;
    } else if (field.as === "number" || field.as === "seconds") {
      if (!Number.isFinite(Number(typed))) problems[field.name] = `${field.label}: write a number.`;
      else if (field.as === "seconds" && Number(typed) < 0)
        problems[field.name] = `${field.label}: write a time that is not negative.`;
    }
  }
  if (form.kind === "ABSENCE" && form.fields.what === "METRIC" && form.fields.metric.trim() === "")
    problems.metric = "Metric: name the series that must come.";
  const labels: Record<string, string> = {};
  for (const line of form.labels.map((one) => one.trim()).filter(Boolean)) {
    const at = line.indexOf("=");
    if (at <= 0) problems.labels = `${line}: write a label like team=energy.`;
    else labels[line.slice(0, at).trim()] = line.slice(at + 1).trim();
  }
  if (Object.keys(problems).length > 0) return { problems };
  const dashboards = form.dashboards.map((one) => one.trim()).filter(Boolean);
  const { runbook, command, description } = form;
  return {
    rule: {
      id: form.id.trim() || idOf(form.title),
      title: form.title.trim(),
      ...(description.trim() ? { description: description.trim() } : {}),
      enabled: form.enabled,
      severity: form.severity,
      ...(Object.keys(labels).length > 0 ? { labels } : {}),
      ...(dashboards.length > 0 ? { dashboards } : {}),
      // Kinds that have no such field do not wait.
      forSeconds: spec.fields.some((field) => field.name === "forSeconds")
        ? Math.round(Number(form.fields.forSeconds || "0"))
        : 0,
      condition: conditionOf(form),
      ...(runbook.trim() || command.trim()
        ? {
            runbook: {
              ...(runbook.trim() ? { url: runbook.trim() } : {}),
              ...(command.trim() ? { command: command.trim() } : {}),
              ...(command.trim() && form.payload !== undefined ? { payload: form.payload } : {}),
            },
          }
        : {}),
    },
  };
}

function conditionOf({ kind, fields }: RuleForm): RuleCondition {
  const number = (name: FieldName) => Number(fields[name]);
  const whole = (name: FieldName) => Math.round(Number(fields[name]));
  const name = fields.metric.trim();
  const compared = fields.comparison as RuleComparison;
  const cleared = fields.clear.trim() === "" ? {} : { clear: number("clear") };
  switch (kind) {
    case "THRESHOLD":
      return { kind, metric: name, comparison: compared, value: number("value"), ...cleared };
    case "ABSENCE":
      return {
        kind,
        what: fields.what as Silent,
        ...(fields.what === "METRIC" ? { metric: name } : {}),
      };
    case "RATE":
      return {
        kind,
        metric: name,
        comparison: compared,
        perMinute: number("perMinute"),
        ...cleared,
        overSeconds: whole("overSeconds"),
      };
    case "FORECAST":
      return {
        kind,
        metric: name,
        comparison: compared,
        value: number("value"),
        withinSeconds: whole("withinSeconds"),
        overSeconds: whole("overSeconds"),
      };
    case "FLEET":
      return {
        kind,
        condition: fields.fleet as FleetCondition,
        percent: number("percent"),
        atLeast: whole("atLeast"),
      };
    case "OUTLIER":
      return { kind, metric: name, distance: number("distance"), atLeast: whole("atLeast") };
    case "DEVIATION":
      return {
        kind,
        metric: name,
        score: number("score"),
        ...cleared,
        calmSeconds: whole("calmSeconds"),
        atLeast: whole("atLeast"),
      };
  }
}
