import type { ReactNode } from "react";
import { StatusIcon } from "../components/StatusIcon";
import { plainLine } from "../format/plainText";
import { useForm } from "./formContext";
import { hintOf, type JsonObject } from "./schema";

interface FieldFrameProps {
  schema: JsonObject;
  label: string;
  pointer: string;
  required: boolean;
  children: ReactNode;
}

/** Id of the element that asks for a value. */
export function useFieldId(pointer: string): string {
  return `${useForm().id}${pointer}`;
}

/** What the element that asks for a value says of itself. */
export function useFieldState(pointer: string) {
  const form = useForm();
  const id = `${form.id}${pointer}`;
  return {
    id,
    "data-testid": `field-${pointer}`,
    "aria-invalid": form.problemsAt(pointer).length > 0 || undefined,
    "aria-describedby": `${id}-help`,
    disabled: form.disabled,
  };
}

/** A field's label, help and problems around the element that asks for its value. */
export function FieldFrame({ schema, label, pointer, required, children }: FieldFrameProps) {
  const id = useFieldId(pointer);
  return (
    <div className="grid gap-1">
      <label htmlFor={id} className="flex items-baseline justify-between gap-3 text-sm">
        <bdi>{plainLine(label)}</bdi>
        {!required && <span className="text-fg-3 text-xs">optional</span>}
      </label>
      {children}
      <FieldHelp schema={schema} pointer={pointer} />
    </div>
  );
}

export function FieldHelp({ schema, pointer }: { schema: JsonObject; pointer: string }) {
  const { id, problemsAt } = useForm();
  const problems = problemsAt(pointer);
  const hint = hintOf(schema);
  const description = typeof schema.description === "string" ? schema.description : "";
  const text = hint === null ? description : description === "" ? hint : `${description} (${hint})`;
  return (
    <div id={`${id}${pointer}-help`} className="grid gap-0.5 text-sm empty:hidden">
      {problems.map((problem) => (
        <p key={problem} className="flex items-start gap-1.5 text-fg" data-testid={`problem-${pointer}`}>
          <StatusIcon status="serious" size={10} label="Problem" className="mt-1" />
          <bdi>{plainLine(problem)}</bdi>
        </p>
      ))}
      {text !== "" && (
        <p className="text-fg-3">
          <bdi>{plainLine(text)}</bdi>
        </p>
      )}
    </div>
  );
}
