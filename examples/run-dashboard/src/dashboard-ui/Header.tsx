import { MissionControlStatus } from "@mission-control/sdk/react";
import { useState } from "react";
import { StatusMark } from "./components/StatusMark";
import { useDashboard, useDashboardContext, useDashboardState } from "./dashboard-context";

/** What is always in sight: whose dashboard this is, and whether Mission Control sees it. */
export function Header() {
  const dashboard = useDashboard();
  const { integration } = useDashboardContext();
  const debug = useDashboardState((state) => state.debug);
  return (
    <header className="top">
      <div className="brand">
        <img src="./mark.svg" alt="" />
        Wind park
      </div>
      <span className="faint">run dashboard</span>
      {debug && (
        <span className="row" data-testid="debug-mark">
          <StatusMark tone="standby" /> Debug mode
        </span>
      )}
      <div className="grow" />
      {integration ? (
        <MissionControlStatus service={integration.service} />
      ) : (
        <button
          type="button"
          className="button quiet"
          data-testid="stand-alone"
          onClick={() => dashboard.navigateTab("settings")}
        >
          <StatusMark tone="off" /> Mission Control not set up
        </button>
      )}
      <ThemeButton />
      <button
        type="button"
        className="button quiet"
        aria-label="About this dashboard"
        onClick={() => dashboard.openModal("about")}
      >
        ?
      </button>
      <button type="button" className="button primary" onClick={() => dashboard.openModal("ingest")}>
        Ingest data
      </button>
    </header>
  );
}

const STORED_THEME = "run-dashboard:theme";

/** The theme this browser was left in; the system's at first. */
export function initialTheme(): "dark" | "light" {
  const stored = localStorage.getItem(STORED_THEME);
  if (stored === "dark" || stored === "light") return stored;
  return globalThis.matchMedia?.("(prefers-color-scheme: light)").matches ? "light" : "dark";
}

function ThemeButton() {
  const [theme, setTheme] = useState(() => document.documentElement.dataset.theme ?? "dark");
  const other = theme === "dark" ? "light" : "dark";
  return (
    <button
      type="button"
      className="button quiet"
      aria-label={`Use the ${other} theme`}
      onClick={() => {
        document.documentElement.dataset.theme = other;
        localStorage.setItem(STORED_THEME, other);
        setTheme(other);
      }}
    >
      {theme === "dark" ? "☀" : "☾"}
    </button>
  );
}
