import { plainLine } from "../format/plainText";
import { FieldHelp } from "./FieldFrame";
import { type FieldProps, SchemaField } from "./SchemaField";
import { isObject, labelOf, pointerTo, propertiesOf, requiredOf, withProperty } from "./schema";

/** The properties of an object, one below the other. */
export function ObjectFields({ schema, pointer, value, onChange }: Omit<FieldProps, "label" | "required">) {
  const required = requiredOf(schema);
  return propertiesOf(schema).map(([name, inner]) => (
    <SchemaField
      key={name}
      schema={inner}
      label={labelOf(inner, name)}
      pointer={pointerTo(pointer, name)}
      required={required.has(name)}
      value={isObject(value) ? value[name] : undefined}
      onChange={(next) => onChange(withProperty(value, name, next))}
    />
  ));
}

export function ObjectField({ schema, label, pointer, required, value, onChange }: FieldProps) {
  return (
    <fieldset className="grid gap-3 border-l border-line-strong pl-3" data-testid={`field-${pointer}`}>
      <legend className="mb-2 text-sm">
        <bdi>{plainLine(label)}</bdi>
      </legend>
      <FieldHelp schema={schema} pointer={pointer} />
      <ObjectFields
        schema={schema}
        pointer={pointer}
        value={value}
        // An object that may be left out is left out when nothing is in it.
        onChange={(next) =>
          onChange(!required && isObject(next) && Object.keys(next).length === 0 ? undefined : next)
        }
      />
    </fieldset>
  );
}
