import { type FormEvent, useState } from "react";
import { USER } from "../../dashboard-state/actor";
import { checkSettings, SETTING_BOUNDS, type Settings } from "../../dashboard-state/settings";
import { useDashboard, useDashboardState } from "../dashboard-context";
import { formatTime } from "../format";
import { MissionControlSettings } from "./MissionControlSettings";

/** What can be set. */
export function SettingsTab() {
  return (
    <div className="settings">
      <MissionControlSettings />
      <DataSettings />
      <Services />
    </div>
  );
}

function DataSettings() {
  const dashboard = useDashboard();
  const settings = useDashboardState((state) => state.settings);
  const [problem, setProblem] = useState<string | null>(null);
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const entries = [...new FormData(event.currentTarget)].map(([name, value]) => [name, Number(value)]);
    try {
      const asked = checkSettings(Object.fromEntries(entries));
      const changes = Object.fromEntries(
        Object.entries(asked).filter(([name, value]) => settings[name as keyof Settings] !== value),
      );
      if (Object.keys(changes).length > 0) dashboard.changeSettings(changes, USER);
      setProblem(null);
    } catch (error) {
      setProblem((error as Error).message);
    }
  };
  return (
    // Drawn anew when an operator changes them.
    <form className="card" key={JSON.stringify(settings)} onSubmit={onSubmit} aria-label="Data settings">
      <h2>Data</h2>
      {(Object.keys(SETTING_BOUNDS) as (keyof Settings)[]).map((name) => (
        <label key={name} className="label">
          {SETTING_BOUNDS[name].title} ({SETTING_BOUNDS[name].unit})
          <input
            className="field"
            name={name}
            inputMode="numeric"
            defaultValue={settings[name]}
            data-testid={`setting-${name}`}
          />
        </label>
      ))}
      {problem && <p role="alert">{problem}</p>}
      <div>
        <button type="submit" className="button">
          Apply
        </button>
      </div>
    </form>
  );
}

function Services() {
  const dashboard = useDashboard();
  const services = useDashboardState((state) => state.services);
  const debug = useDashboardState((state) => state.debug);
  const diagnostics = useDashboardState((state) => state.diagnostics);
  return (
    <section className="card" aria-label="Services">
      <h2>Services</h2>
      <dl className="facts">
        <dt>Running since</dt>
        <dd data-testid="services-since">{formatTime(services.since)}</dd>
        <dt>Restarts</dt>
        <dd data-testid="services-restarts">{services.life - 1}</dd>
        <dt>Diagnostics</dt>
        <dd data-testid="diagnostics-collected">
          {diagnostics
            ? `${formatTime(Date.parse(diagnostics.collectedAt))} for ${diagnostics.collectedFor}`
            : "not collected"}
        </dd>
      </dl>
      <label className="row">
        <input
          type="checkbox"
          className="check"
          checked={debug}
          onChange={(event) => dashboard.setDebug(event.target.checked)}
        />
        Debug mode: a log of what the dashboard does
      </label>
      <div className="row">
        <button
          type="button"
          className="button"
          onClick={() => {
            dashboard.collectDiagnostics(USER);
            dashboard.openModal("diagnostics");
          }}
        >
          Collect diagnostics
        </button>
        <button type="button" className="button danger" onClick={() => dashboard.restartServices(USER)}>
          Restart services
        </button>
      </div>
    </section>
  );
}
