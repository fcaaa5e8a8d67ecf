import { describe, expect, it } from "vitest";
import type { Rule } from "../../../bindings/Rule";
import type { RuleCondition } from "../../../bindings/RuleCondition";
import { emptyForm, formOf, idOf, kinds, ruleOf, withKind } from "./ruleForm";

const conditions: RuleCondition[] = [
  { kind: "THRESHOLD", metric: "status.errorRate", comparison: "AT_LEAST", value: 10, clear: 5 },
  { kind: "ABSENCE", what: "METRIC", metric: "data.dataQuality" },
  { kind: "ABSENCE", what: "DASHBOARD" },
  { kind: "RATE", metric: "a.b", comparison: "BELOW", perMinute: -2.5, overSeconds: 120 },
  { kind: "FORECAST", metric: "a.b", comparison: "ABOVE", value: 500, withinSeconds: 1800, overSeconds: 900 },
  { kind: "FLEET", condition: "OFFLINE", percent: 20, atLeast: 5 },
  { kind: "OUTLIER", metric: "a.b", distance: 8, atLeast: 4 },
];

const deviation: RuleCondition = {
  kind: "DEVIATION",
  metric: "a.b",
  score: 0.5,
  clear: 0.4,
  calmSeconds: 900,
  atLeast: 300,
};

const around = (condition: RuleCondition): Rule => ({
  id: "slow",
  title: "Slow",
  description: "Look at it.",
  enabled: true,
  severity: "error",
  labels: { team: "energy=grid" },
  dashboards: ["useCase=energy"],
  forSeconds: 90,
  condition,
  runbook: { url: "https://example.org/slow", command: "RESTART", payload: { hard: true } },
});

describe("the form of a rule", () => {
  it.each(conditions)("gives back what it was made of: %o", (condition) => {
    expect(ruleOf(formOf(around(condition)))).toEqual({ rule: around(condition) });
  });

  it("never waits for what is told when it begins", () => {
    const rule = { ...around(deviation), forSeconds: 0 };
    expect(ruleOf(formOf(rule))).toEqual({ rule });
    expect(ruleOf({ ...formOf(rule), fields: { ...formOf(rule).fields, forSeconds: "60" } })).toEqual({
      rule,
    });
  });

  it("has fields for every kind there is", () => {
    expect(new Set(kinds.map((one) => one.kind))).toEqual(
      new Set([...conditions, deviation].map((one) => one.kind)),
    );
  });

  it("says by field what is missing", () => {
    expect(ruleOf(emptyForm())).toEqual({
      problems: {
        title: expect.any(String),
        metric: expect.any(String),
        value: expect.any(String),
      },
    });
    const typed = { ...emptyForm(), title: "x", labels: ["team"] };
    typed.fields = { ...typed.fields, metric: "a.b", value: "ten" };
    expect(ruleOf(typed)).toEqual({ problems: { value: expect.any(String), labels: expect.any(String) } });
  });

  it("keeps what was typed when another kind is chosen", () => {
    const form = withKind({ ...emptyForm(), fields: { ...emptyForm().fields, metric: "a.b" } }, "OUTLIER");
    expect(form.fields.metric).toBe("a.b");
    expect(form.fields.distance).toBe("6");
  });

  it("makes ids of titles", () => {
    expect(idOf("API is slow!")).toBe("api-is-slow");
    expect(idOf("Zürich: 5 %")).toBe("zurich-5");
    expect(idOf("漢字")).toBe("rule");
  });
});
