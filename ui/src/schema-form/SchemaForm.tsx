import { useCallback, useId, useMemo, useState } from "react";
import type { PayloadProblem } from "../bindings/PayloadProblem";
import type { JsonValue } from "../bindings/serde_json/JsonValue";
import { Notice } from "../components/Notice";
import { plainLine } from "../format/plainText";
import { FormProvider, type FormState } from "./formContext";
import { JsonField } from "./JsonField";
import { ObjectFields } from "./ObjectField";
import { fieldPointers, type JsonObject, kindOf, takesNothing } from "./schema";

interface SchemaFormProps {
  schema: JsonObject;
  value: JsonValue | undefined;
  onChange: (value: JsonValue | undefined) => void;
  /** What the validator says is wrong. */
  problems: PayloadProblem[];
  /** Texts that are no values at all, by pointer. */
  onUnreadable: (unreadable: ReadonlyMap<string, string>) => void;
  /** Whether fields complain that nobody has been at. */
  showAll: boolean;
  disabled: boolean;
}

/** A form drawn from a JSON Schema. Problems stand at the fields their pointers name; the rest above. */
export function SchemaForm({
  schema,
  value,
  onChange,
  problems,
  onUnreadable,
  showAll,
  disabled,
}: SchemaFormProps) {
  const id = useId();
  const [touched, setTouched] = useState<ReadonlySet<string>>(new Set());
  const [unreadable, setUnreadable] = useState<ReadonlyMap<string, string>>(new Map());

  const touch = useCallback((pointer: string) => {
    setTouched((before) => (before.has(pointer) ? before : new Set(before).add(pointer)));
  }, []);
  const reportUnreadable = useCallback(
    (pointer: string, message: string | null) => {
      setUnreadable((before) => {
        if ((before.get(pointer) ?? null) === message) return before;
        const next = new Map(before);
        if (message === null) next.delete(pointer);
        else next.set(pointer, message);
        onUnreadable(next);
        return next;
      });
    },
    [onUnreadable],
  );

  const form = useMemo<FormState>(
    () => ({
      id,
      problemsAt: (pointer) => {
        const own = unreadable.get(pointer);
        if (own !== undefined) return [own];
        if (!showAll && !touched.has(pointer)) return [];
        return problems.filter((problem) => problem.pointer === pointer).map((problem) => problem.message);
      },
      touch,
      reportUnreadable,
      disabled,
    }),
    [id, unreadable, showAll, touched, problems, touch, reportUnreadable, disabled],
  );

  if (takesNothing(schema)) {
    return (
      <p className="text-fg-3" data-testid="no-parameters">
        This command has no parameters.
      </p>
    );
  }
  const known = new Set(fieldPointers(schema, value));
  const elsewhere = problems.filter((problem) => !known.has(problem.pointer));
  return (
    <FormProvider value={form}>
      {elsewhere.map((problem) => (
        <Notice key={problem.pointer + problem.message} status="serious" testId="form-problem">
          <bdi>
            {problem.pointer !== "" && <code className="font-mono">{plainLine(problem.pointer)}: </code>}
            {plainLine(problem.message)}
          </bdi>
        </Notice>
      ))}
      {kindOf(schema) === "object" ? (
        <ObjectFields schema={schema} pointer="" value={value} onChange={onChange} />
      ) : (
        <JsonField schema={schema} label="Payload" pointer="" required value={value} onChange={onChange} />
      )}
    </FormProvider>
  );
}
