import { useEffect, useState } from "react";
import type { Preferences } from "../../bindings/Preferences";
import { Button } from "../../components/Button";
import { RequestFailure } from "../../components/Notice";
import { Segmented } from "../../components/Segmented";
import { useRequest } from "../../platform/useView";

const themes = [
  { value: "system", label: "System" },
  { value: "dark", label: "Dark" },
  { value: "light", label: "Light" },
] as const;

export function PreferenceSettings({ preferences }: { preferences: Preferences }) {
  const save = useRequest("save_preferences");
  const [operator, setOperator] = useState(preferences.operator);
  useEffect(() => setOperator(preferences.operator), [preferences.operator]);
  const name = operator.trim();
  const reason =
    name === preferences.operator
      ? "Nothing has changed."
      : (operatorProblem(name) ?? (save.pending ? "Under way." : null));

  return (
    <section aria-labelledby="operator-title">
      <h2 id="operator-title" className="caps pb-2">
        Operator and theme
      </h2>
      <div className="panel grid gap-4 p-4">
        <form
          className="grid gap-1"
          onSubmit={(event) => {
            event.preventDefault();
            if (reason === null) void save.send({ preferences: { ...preferences, operator: name } });
          }}
        >
          <label htmlFor="operator" className="text-sm">
            Operator
          </label>
          <div className="flex gap-2">
            <input
              id="operator"
              className="field max-w-80"
              data-testid="operator-name"
              spellCheck={false}
              value={operator}
              aria-invalid={operatorProblem(name) !== null}
              aria-describedby="operator-hint"
              onChange={(event) => setOperator(event.target.value)}
            />
            <Button type="submit" testId="save-operator" disabledReason={reason} className="h-[30px]">
              Save
            </Button>
          </div>
          <p id="operator-hint" className="text-fg-3 text-sm">
            {operatorProblem(name) ?? "Commands and acknowledgements are recorded under this name."}
          </p>
        </form>
        <div className="flex items-center justify-between gap-4">
          <span>Theme</span>
          <Segmented
            label="Theme"
            value={preferences.theme}
            options={themes}
            onChange={(theme) => void save.send({ preferences: { ...preferences, theme } })}
            testId="theme"
          />
        </div>
        <RequestFailure error={save.error} />
      </div>
    </section>
  );
}

/** Why a text cannot be an operator's name; null when it can. */
export function operatorProblem(name: string): string | null {
  if (name === "") return "An operator needs a name.";
  if (!/^[A-Za-z0-9._:-]{1,128}$/.test(name)) return "Letters, digits and . _ : - only, at most 128 of them.";
  return null;
}
