import type { Route } from "../navigation/route";
import { ViewIcon } from "./icons";

interface NavigationRailProps {
  view: Route["view"];
  unacknowledged: number;
}

const places = [
  { view: "fleet", label: "Fleet", hash: "#/fleet" },
  { view: "alerts", label: "Alerts", hash: "#/alerts" },
  { view: "events", label: "Events", hash: "#/events" },
  { view: "metrics", label: "Metrics", hash: "#/metrics" },
  { view: "commands", label: "Commands", hash: "#/commands" },
  { view: "settings", label: "Settings", hash: "#/settings" },
] as const;

export function NavigationRail({ view, unacknowledged }: NavigationRailProps) {
  return (
    <nav aria-label="Views" className="flex flex-col gap-0.5 border-r border-line bg-surface py-2">
      {places.map((place) => {
        const here =
          place.view === view ||
          (place.view === "fleet" && (view === "dashboard" || view === "connect")) ||
          (place.view === "alerts" && (view === "rules" || view === "silences" || view === "statistics")) ||
          (place.view === "settings" && view === "storage");
        return (
          <a
            key={place.view}
            href={place.hash}
            data-testid={`nav-${place.view}`}
            aria-current={here ? "page" : undefined}
            className="relative grid h-[50px] place-items-center content-center gap-[3px] text-2xs text-fg-3 -outline-offset-2 hover:text-fg aria-[current]:bg-accent-quiet aria-[current]:text-fg aria-[current]:shadow-[inset_2px_0_var(--accent)]"
          >
            <ViewIcon view={place.view} />
            {place.label}
            {place.view === "alerts" && unacknowledged > 0 && (
              <span
                data-testid="unacknowledged-badge"
                className="absolute top-1.5 right-2 h-[15px] min-w-[15px] rounded-full bg-critical px-1 text-center font-semibold text-2xs/[15px] text-[#fff]"
              >
                {unacknowledged > 99 ? "99+" : unacknowledged}
                <span className="sr-only"> not acknowledged</span>
              </span>
            )}
          </a>
        );
      })}
    </nav>
  );
}
