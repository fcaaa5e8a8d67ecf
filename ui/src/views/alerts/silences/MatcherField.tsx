import { useId } from "react";
import { Button } from "../../../components/Button";

const MOST = 16;
const labels = ["dashboard", "useCase", "environment", "type", "severity", "rule", "source"];

interface MatcherFieldProps {
  label: string;
  matchers: string[];
  onChange: (matchers: string[]) => void;
  testId: string;
  /** Whether there may be none at all. */
  optional?: boolean;
  /** Labels to offer. */
  offered?: readonly string[];
}

/** A list of matchers, one a line. What is wrong with one is said when it is saved. */
export function MatcherField({
  label,
  matchers,
  onChange,
  testId,
  optional,
  offered = labels,
}: MatcherFieldProps) {
  const id = useId();
  const lines = matchers.length === 0 && !optional ? [""] : matchers;
  const set = (index: number, text: string) =>
    onChange(lines.map((line, place) => (place === index ? text : line)));
  return (
    <fieldset className="grid gap-1.5">
      <legend className="pb-1 text-fg-2 text-sm">{label}</legend>
      <datalist id={id}>
        {offered.map((name) => (
          <option key={name} value={`${name}=`} />
        ))}
      </datalist>
      {lines.map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place
        <div key={index} className="flex gap-1.5">
          <input
            className="field font-mono"
            aria-label={`Matcher ${index + 1}`}
            data-testid={`${testId}-${index}`}
            list={id}
            spellCheck={false}
            autoComplete="off"
            placeholder="label=value, label!=value, label=~pattern"
            value={line}
            maxLength={400}
            onChange={(event) => set(index, event.target.value)}
          />
          {(lines.length > 1 || optional) && (
            <Button
              variant="quiet"
              aria-label={`Remove matcher ${index + 1}`}
              onClick={() => onChange(lines.filter((_, place) => place !== index))}
            >
              ✕
            </Button>
          )}
        </div>
      ))}
      {lines.length < MOST && (
        <div>
          <Button variant="quiet" testId={`${testId}-add`} onClick={() => onChange([...lines, ""])}>
            + Another
          </Button>
        </div>
      )}
    </fieldset>
  );
}
