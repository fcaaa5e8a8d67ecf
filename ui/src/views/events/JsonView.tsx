import { useMemo } from "react";
import type { JsonValue } from "../../bindings/serde_json/JsonValue";
import { CodeText } from "../../components/Text";
import { plainLine } from "../../format/plainText";
import { jsonLines, MOST_LINES } from "./json";

interface JsonViewProps {
  /** JSON text. */
  value: string;
  onCondition: (condition: string) => void;
}

/** JSON in full; a click on a value asks for the records that have it. */
export function JsonView({ value, onCondition }: JsonViewProps) {
  const lines = useMemo(() => parsed(value), [value]);
  if (!lines) return <CodeText value={value} className="min-h-0 flex-1" testId="hit-body" />;
  return (
    <section
      aria-label="The record as JSON"
      className="json min-h-0 flex-1 overflow-auto"
      data-testid="hit-body"
      tabIndex={0}
      dir="ltr"
    >
      {lines.map(({ depth, name, text, comma, condition }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other name, and never move
        <div key={index} style={{ paddingLeft: `${depth * 2}ch` }}>
          {name !== null && <span className="text-fg-3">{plainLine(JSON.stringify(name))}: </span>}
          {condition ? (
            <button
              type="button"
              title={`Only records with ${plainLine(condition)}`}
              data-testid={`value-${condition}`}
              onClick={() => onCondition(condition)}
              className="text-left text-fg break-words [overflow-wrap:anywhere] underline-offset-2 hover:text-accent hover:underline"
            >
              {plainLine(text)}
            </button>
          ) : (
            <span>{plainLine(text)}</span>
          )}
          {comma && ","}
        </div>
      ))}
      {lines.length >= MOST_LINES && (
        <p className="text-fg-3">The rest is left out here; Copy takes it along.</p>
      )}
    </section>
  );
}

function parsed(text: string) {
  try {
    return jsonLines(JSON.parse(text) as JsonValue);
  } catch {
    return null;
  }
}
