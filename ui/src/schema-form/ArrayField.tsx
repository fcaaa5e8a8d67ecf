import { Button } from "../components/Button";
import { plainLine } from "../format/plainText";
import { FieldHelp } from "./FieldFrame";
import { useForm } from "./formContext";
import { type FieldProps, SchemaField } from "./SchemaField";
import { asSchema, initialValue, kindOf, pointerTo } from "./schema";

const empty = {
  string: "",
  number: 0,
  integer: 0,
  boolean: false,
  object: {},
  array: [],
  json: null,
  enum: null,
} as const;

/** Entries of an array, with buttons to add and remove. */
export function ArrayField({ schema, label, pointer, required, value, onChange }: FieldProps) {
  const { disabled } = useForm();
  const items = Array.isArray(value) ? value : [];
  const inner = asSchema(schema.items);
  const listed = Array.isArray(inner.enum) ? inner.enum[0] : undefined;
  const blank = () => initialValue(inner) ?? listed ?? (structuredClone(empty[kindOf(inner)]) as never);
  return (
    <fieldset className="grid gap-2 border-l border-line-strong pl-3" data-testid={`field-${pointer}`}>
      <legend className="mb-2 text-sm">
        <bdi>{plainLine(label)}</bdi>
      </legend>
      <FieldHelp schema={schema} pointer={pointer} />
      {items.map((item, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: an entry has nothing but its place to be known by
        <div key={index} className="grid grid-cols-[minmax(0,1fr)_auto] items-end gap-2">
          <SchemaField
            schema={inner}
            label={`${label} ${index + 1}`}
            pointer={pointerTo(pointer, index)}
            required
            value={item}
            onChange={(next) =>
              onChange(items.map((one, place) => (place === index ? (next ?? (blank() as typeof one)) : one)))
            }
          />
          <Button
            variant="quiet"
            aria-label={`Remove entry ${index + 1}`}
            testId={`remove-${pointerTo(pointer, index)}`}
            onClick={() => {
              const rest = items.filter((_, place) => place !== index);
              onChange(rest.length === 0 && !required ? undefined : rest);
            }}
          >
            Remove
          </Button>
        </div>
      ))}
      <Button
        className="justify-self-start"
        testId={`add-${pointer}`}
        disabledReason={disabled ? "Under way." : null}
        onClick={() => onChange([...items, blank()])}
      >
        Add an entry
      </Button>
    </fieldset>
  );
}
