import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { describe, expect, it, vi } from "vitest";
import type { PayloadProblem } from "../bindings/PayloadProblem";
import type { JsonValue } from "../bindings/serde_json/JsonValue";
import { TooltipProvider } from "../components/Tooltip";
import { SchemaForm } from "./SchemaForm";
import { initialValue, type JsonObject } from "./schema";

const field = (pointer: string) => screen.getByTestId(`field-${pointer}`);

function draw(schema: JsonObject, problems: PayloadProblem[] = [], showAll = true) {
  const seen: { value: JsonValue | undefined; unreadable: ReadonlyMap<string, string> } = {
    value: undefined,
    unreadable: new Map(),
  };
  const onUnreadable = vi.fn((unreadable: ReadonlyMap<string, string>) => {
    seen.unreadable = unreadable;
  });
  function Form() {
    const [value, setValue] = useState(() => initialValue(schema));
    seen.value = value;
    return (
      <SchemaForm
        schema={schema}
        value={value}
        onChange={setValue}
        problems={problems}
        onUnreadable={onUnreadable}
        showAll={showAll}
        disabled={false}
      />
    );
  }
  render(
    <TooltipProvider>
      <Form />
    </TooltipProvider>,
  );
  return { seen, user: userEvent.setup() };
}

describe("a form drawn from a schema", () => {
  it("asks for every kind of value and builds the payload", async () => {
    const { seen, user } = draw({
      type: "object",
      required: ["name"],
      properties: {
        name: { type: "string", title: "Name" },
        limit: { type: "integer", default: 5 },
        ratio: { type: "number" },
        force: { type: "boolean" },
        mode: { enum: ["append", "replace", 3] },
        nested: { type: "object", properties: { deep: { type: "string" } } },
        tags: { type: "array", items: { type: "string" } },
        free: { type: "object" },
      },
    });
    expect(seen.value).toEqual({ limit: 5 });
    await user.type(screen.getByLabelText("Name"), "scada");
    await user.clear(field("/limit"));
    await user.type(field("/ratio"), "0.5");
    await user.click(field("/force"));
    await user.selectOptions(field("/mode"), "3");
    await user.type(field("/nested/deep"), "x");
    await user.click(screen.getByTestId("add-/tags"));
    await user.type(field("/tags/0"), "one");
    await user.click(field("/free"));
    await user.paste('{"a":[1]}');
    expect(seen.value).toEqual({
      name: "scada",
      ratio: 0.5,
      force: true,
      mode: 3,
      nested: { deep: "x" },
      tags: ["one"],
      free: { a: [1] },
    });

    await user.clear(field("/nested/deep"));
    await user.click(screen.getByTestId("remove-/tags/0"));
    expect(seen.value).not.toHaveProperty("nested");
    expect(seen.value).not.toHaveProperty("tags");
  });

  it("shows problems at the fields they point to, and the rest above", () => {
    draw({ type: "object", properties: { source: { type: "string" } } }, [
      { pointer: "/source", message: '"source" is a required property' },
      { pointer: "", message: "Additional properties are not allowed" },
    ]);
    expect(screen.getByTestId("problem-/source").textContent).toContain("required property");
    expect(field("/source").getAttribute("aria-invalid")).toBe("true");
    expect(screen.getByTestId("form-problem").textContent).toContain("Additional properties");
  });

  it("does not complain of a field before anybody was there", async () => {
    const problems = [{ pointer: "/source", message: "required" }];
    const { user } = draw({ type: "object", properties: { source: { type: "string" } } }, problems, false);
    expect(screen.queryByTestId("problem-/source")).toBeNull();
    await user.click(field("/source"));
    await user.tab();
    expect(screen.getByTestId("problem-/source")).toBeTruthy();
  });

  it("says when a text is not JSON, and no longer when it is", async () => {
    const { seen, user } = draw({ type: "object", properties: { free: { type: "object" } } });
    await user.click(field("/free"));
    await user.paste("{ nonsense");
    expect(screen.getByTestId("problem-/free").textContent).toContain("not JSON");
    expect([...seen.unreadable.keys()]).toEqual(["/free"]);
    await user.clear(field("/free"));
    expect(seen.unreadable.size).toBe(0);
  });

  it("says when there is nothing to fill in", () => {
    draw({ type: "object", properties: {} });
    expect(screen.getByTestId("no-parameters")).toBeTruthy();
  });

  it("shows what a stranger wrote as text", () => {
    draw({
      type: "object",
      properties: { a: { type: "string", title: "<b>x</b>\u202e", description: "<img src=x>" } },
    });
    expect(screen.getByText("<b>x</b>")).toBeTruthy();
    expect(document.querySelector("img")).toBeNull();
  });
});
