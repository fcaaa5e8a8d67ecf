import { useEffect, useState } from "react";
import type { JsonValue } from "../bindings/serde_json/JsonValue";
import { plainLine } from "../format/plainText";
import { FieldFrame, FieldHelp, useFieldState } from "./FieldFrame";
import { useForm } from "./formContext";
import type { FieldProps } from "./SchemaField";

export function TextField(props: FieldProps) {
  const state = useFieldState(props.pointer);
  const { touch } = useForm();
  return (
    <FieldFrame {...props}>
      <input
        {...state}
        type="text"
        className="field"
        spellCheck={false}
        autoComplete="off"
        value={typeof props.value === "string" ? props.value : ""}
        onChange={(event) => props.onChange(event.target.value === "" ? undefined : event.target.value)}
        onBlur={() => touch(props.pointer)}
      />
    </FieldFrame>
  );
}

/** A text is kept as it is while it is no number, so that what is wrong with it can be said. */
export function NumberField(props: FieldProps) {
  const state = useFieldState(props.pointer);
  const { touch } = useForm();
  const [text, setText] = useState(props.value === undefined ? "" : String(props.value));
  const { value } = props;
  useEffect(
    () =>
      setText((before) =>
        Object.is(readNumber(before), value) ? before : value === undefined ? "" : String(value),
      ),
    [value],
  );
  return (
    <FieldFrame {...props}>
      <input
        {...state}
        type="text"
        inputMode="decimal"
        className="field"
        autoComplete="off"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          touch(props.pointer);
          props.onChange(readNumber(event.target.value));
        }}
        onBlur={() => touch(props.pointer)}
      />
    </FieldFrame>
  );
}

/** The number a text stands for; the text itself where it stands for none, undefined where there is no text. */
export function readNumber(text: string): JsonValue | undefined {
  const trimmed = text.trim();
  if (trimmed === "") return undefined;
  const number = Number(trimmed);
  return Number.isFinite(number) ? number : trimmed;
}

export function BooleanField({ schema, label, pointer, value, onChange }: FieldProps) {
  const state = useFieldState(pointer);
  const { touch } = useForm();
  return (
    <div className="grid gap-1">
      <label htmlFor={state.id} className="flex items-center gap-2">
        <input
          {...state}
          type="checkbox"
          className="check"
          checked={value === true}
          onChange={(event) => {
            touch(pointer);
            onChange(event.target.checked);
          }}
        />
        <bdi>{plainLine(label)}</bdi>
      </label>
      <FieldHelp schema={schema} pointer={pointer} />
    </div>
  );
}

/** One of the values listed; they may be of any type. */
export function EnumField(props: FieldProps) {
  const state = useFieldState(props.pointer);
  const { touch } = useForm();
  const options = Array.isArray(props.schema.enum) ? props.schema.enum : [];
  const text = JSON.stringify(props.value);
  const chosen = options.findIndex((option) => JSON.stringify(option) === text);
  return (
    <FieldFrame {...props}>
      <select
        {...state}
        className="field"
        value={chosen}
        onChange={(event) => {
          touch(props.pointer);
          props.onChange(options[Number(event.target.value)]);
        }}
        onBlur={() => touch(props.pointer)}
      >
        {(chosen < 0 || !props.required) && (
          <option value={-1}>{props.required ? "Choose…" : "not set"}</option>
        )}
        {options.map((option, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: an option is its place in the schema
          <option key={index} value={index}>
            {plainLine(typeof option === "string" ? option : JSON.stringify(option))}
          </option>
        ))}
      </select>
    </FieldFrame>
  );
}
