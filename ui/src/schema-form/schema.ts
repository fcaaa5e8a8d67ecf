import type { JsonValue } from "../bindings/serde_json/JsonValue";
import { formatCount } from "../format/numbers";

export type JsonObject = { [key: string]: JsonValue };
export type FieldKind = "string" | "number" | "integer" | "boolean" | "enum" | "object" | "array" | "json";

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A schema as an object; `true`, `false` and what is none say nothing about their value. */
export function asSchema(schema: JsonValue | undefined): JsonObject {
  return isObject(schema) ? schema : {};
}

/** The properties in the order they are asked for: those that must be given first. */
export function propertiesOf(schema: JsonObject): Array<[name: string, schema: JsonObject]> {
  if (!isObject(schema.properties)) return [];
  const required = requiredOf(schema);
  return Object.entries(schema.properties)
    .map(([name, inner]): [string, JsonObject] => [name, asSchema(inner)])
    .sort(([one], [other]) => Number(required.has(other)) - Number(required.has(one)));
}

export function requiredOf(schema: JsonObject): ReadonlySet<string> {
  const names = Array.isArray(schema.required) ? schema.required : [];
  return new Set(names.filter((name): name is string => typeof name === "string"));
}

/** How a value is asked for. What a form cannot draw is asked for as JSON. */
export function kindOf(schema: JsonObject): FieldKind {
  if (Array.isArray(schema.enum) && schema.enum.length > 0) return "enum";
  const types = Array.isArray(schema.type) ? schema.type.filter((type) => type !== "null") : [schema.type];
  const type = types.length === 1 ? types[0] : undefined;
  switch (type) {
    case "string":
    case "number":
    case "integer":
    case "boolean":
      return type;
    case "array":
      return isObject(schema.items) ? "array" : "json";
    case "object":
      return propertiesOf(schema).length > 0 ? "object" : "json";
    default:
      return schema.type === undefined && propertiesOf(schema).length > 0 ? "object" : "json";
  }
}

/** Whether a payload of this schema has nothing to be filled in. */
export function takesNothing(schema: JsonObject): boolean {
  return (
    propertiesOf(schema).length === 0 &&
    (schema.type === "object" || schema.type === undefined) &&
    !openEnded(schema)
  );
}

function openEnded(schema: JsonObject): boolean {
  return schema.additionalProperties === true || isObject(schema.additionalProperties);
}

/** What a form begins with: the defaults. */
export function initialValue(schema: JsonObject): JsonValue | undefined {
  if (schema.default !== undefined) return schema.default;
  if (kindOf(schema) !== "object") return undefined;
  const value: JsonObject = {};
  for (const [name, inner] of propertiesOf(schema)) {
    const initial = initialValue(inner);
    if (initial !== undefined) value[name] = initial;
  }
  return Object.keys(value).length > 0 ? value : undefined;
}

/** `object` with `name` set, or without it. */
export function withProperty(
  object: JsonValue | undefined,
  name: string,
  value: JsonValue | undefined,
): JsonObject {
  const next: JsonObject = isObject(object) ? { ...object } : {};
  if (value === undefined) delete next[name];
  else next[name] = value;
  return next;
}

/** The JSON Pointer of a part of what `pointer` points to. */
export function pointerTo(pointer: string, part: string | number): string {
  return `${pointer}/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

/** What a value may be, in words. */
export function hintOf(schema: JsonObject): string | null {
  const parts: string[] = [];
  const between = (low: JsonValue | undefined, high: JsonValue | undefined, unit: string) => {
    const from = typeof low === "number" ? formatCount(low) : null;
    const to = typeof high === "number" ? formatCount(high) : null;
    if (from !== null && to !== null) parts.push(`${from} to ${to}${unit}`);
    else if (from !== null) parts.push(`at least ${from}${unit}`);
    else if (to !== null) parts.push(`at most ${to}${unit}`);
  };
  between(schema.minimum, schema.maximum, "");
  if (typeof schema.exclusiveMinimum === "number")
    parts.push(`more than ${formatCount(schema.exclusiveMinimum)}`);
  if (typeof schema.exclusiveMaximum === "number")
    parts.push(`less than ${formatCount(schema.exclusiveMaximum)}`);
  // That a text may not be empty goes without saying.
  const shortest = schema.minLength === 1 ? undefined : schema.minLength;
  between(shortest, schema.maxLength, " characters");
  between(schema.minItems, schema.maxItems, " entries");
  if (typeof schema.multipleOf === "number") parts.push(`a multiple of ${schema.multipleOf}`);
  if (typeof schema.pattern === "string") parts.push(`matching ${schema.pattern}`);
  if (typeof schema.format === "string") parts.push(`as ${schema.format}`);
  return parts.length > 0 ? parts.join(", ") : null;
}

/** The name of a field for people: its title, else its name taken apart (`workflowId`: Workflow id). */
export function labelOf(schema: JsonObject, name: string): string {
  if (typeof schema.title === "string" && schema.title !== "") return schema.title;
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/[_-]+/g, " ")
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Pointers of every field a form of this schema draws. */
export function fieldPointers(schema: JsonObject, value: JsonValue | undefined, pointer = ""): string[] {
  switch (kindOf(schema)) {
    case "object":
      return [
        ...(pointer === "" ? [] : [pointer]),
        ...propertiesOf(schema).flatMap(([name, inner]) =>
          fieldPointers(inner, isObject(value) ? value[name] : undefined, pointerTo(pointer, name)),
        ),
      ];
    case "array":
      return [
        pointer,
        ...(Array.isArray(value) ? value : []).flatMap((item, index) =>
          fieldPointers(asSchema(schema.items), item, pointerTo(pointer, index)),
        ),
      ];
    default:
      return [pointer];
  }
}
