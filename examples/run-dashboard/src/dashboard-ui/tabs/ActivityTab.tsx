import { useState } from "react";
import { ActivityList } from "../components/ActivityList";
import { EmptyState } from "../components/EmptyState";
import { useDashboardState } from "../dashboard-context";

/** Everything that was done here, by whom. */
export function ActivityTab() {
  const activity = useDashboardState((state) => state.activity);
  const [operatorsOnly, setOperatorsOnly] = useState(false);
  const shown = operatorsOnly ? activity.filter(({ by }) => by.kind === "operator") : activity;
  return (
    <section className="card" aria-label="Activity">
      <header>
        <h2 className="grow">Activity</h2>
        <fieldset className="segments" aria-label="Whose activity">
          <button type="button" aria-pressed={!operatorsOnly} onClick={() => setOperatorsOnly(false)}>
            Everybody
          </button>
          <button type="button" aria-pressed={operatorsOnly} onClick={() => setOperatorsOnly(true)}>
            Operators
          </button>
        </fieldset>
      </header>
      {shown.length === 0 ? (
        <EmptyState title={operatorsOnly ? "No operator has done anything" : "Nothing has happened yet"}>
          {operatorsOnly && "What operators of Mission Control do here is shown with their name."}
        </EmptyState>
      ) : (
        <ActivityList entries={shown} />
      )}
    </section>
  );
}
