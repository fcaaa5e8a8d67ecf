import type { JsonValue } from "../bindings/serde_json/JsonValue";
import { ArrayField } from "./ArrayField";
import { JsonField } from "./JsonField";
import { ObjectField } from "./ObjectField";
import { BooleanField, EnumField, NumberField, TextField } from "./scalarFields";
import { type JsonObject, kindOf } from "./schema";

export interface FieldProps {
  schema: JsonObject;
  /** For people. */
  label: string;
  pointer: string;
  required: boolean;
  /** Undefined where nothing was entered. */
  value: JsonValue | undefined;
  onChange: (value: JsonValue | undefined) => void;
}

/** Asks for a value as its schema says. */
export function SchemaField(props: FieldProps) {
  switch (kindOf(props.schema)) {
    case "enum":
      return <EnumField {...props} />;
    case "boolean":
      return <BooleanField {...props} />;
    case "number":
    case "integer":
      return <NumberField {...props} />;
    case "string":
      return <TextField {...props} />;
    case "object":
      return <ObjectField {...props} />;
    case "array":
      return <ArrayField {...props} />;
    case "json":
      return <JsonField {...props} />;
  }
}
