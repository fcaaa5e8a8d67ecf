import { useEffect, useState } from "react";
import type { DashboardKey } from "../../bindings/DashboardKey";
import type { PayloadProblem } from "../../bindings/PayloadProblem";
import type { JsonValue } from "../../bindings/serde_json/JsonValue";
import { usePlatform } from "../../platform/useView";

const DELAY = 150;

/** What is wrong with a payload; asked again whenever it has rested for a moment. Null while that is not known. */
export function useValidation(
  dashboard: DashboardKey | null,
  type: string,
  payload: JsonValue,
): PayloadProblem[] | null {
  const platform = usePlatform();
  const text = dashboard && JSON.stringify({ dashboard, type, payload });
  const [verdict, setVerdict] = useState<{ text: string; problems: PayloadProblem[] } | null>(null);

  useEffect(() => {
    if (text === null) return;
    let wanted = true;
    const timer = setTimeout(() => {
      platform.request("validate_payload", { request: JSON.parse(text) }).then(
        ({ problems }) => wanted && setVerdict({ text, problems }),
        // Whoever cannot be asked cannot object; the hub checks again when the command is sent.
        () => wanted && setVerdict({ text, problems: [] }),
      );
    }, DELAY);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [platform, text]);

  return verdict !== null && verdict.text === text ? verdict.problems : null;
}
