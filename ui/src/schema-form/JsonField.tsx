import { useEffect, useState } from "react";
import type { JsonValue } from "../bindings/serde_json/JsonValue";
import { FieldFrame, useFieldState } from "./FieldFrame";
import { useForm } from "./formContext";
import type { FieldProps } from "./SchemaField";

/** What a text of JSON says, or why it says nothing. */
export function readJson(text: string): { value: JsonValue | undefined } | { problem: string } {
  if (text.trim() === "") return { value: undefined };
  try {
    return { value: JSON.parse(text) as JsonValue };
  } catch (error) {
    return { problem: `This is not JSON: ${error instanceof Error ? error.message : "it cannot be read"}` };
  }
}

/** Asks for any JSON as text. */
export function JsonField(props: FieldProps) {
  const state = useFieldState(props.pointer);
  const { touch, reportUnreadable } = useForm();
  const [text, setText] = useState(props.value === undefined ? "" : JSON.stringify(props.value, null, 2));
  const { pointer } = props;
  // A field that is gone no longer stands in the way.
  useEffect(() => () => reportUnreadable(pointer, null), [pointer, reportUnreadable]);
  return (
    <FieldFrame {...props}>
      <textarea
        {...state}
        className="field min-h-20"
        rows={Math.min(10, Math.max(3, text.split("\n").length))}
        spellCheck={false}
        dir="ltr"
        placeholder={props.schema.type === "object" ? "{ }" : "JSON"}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          touch(pointer);
          const read = readJson(event.target.value);
          reportUnreadable(pointer, "problem" in read ? read.problem : null);
          if ("value" in read) props.onChange(read.value);
        }}
        onBlur={() => touch(pointer)}
      />
    </FieldFrame>
  );
}
