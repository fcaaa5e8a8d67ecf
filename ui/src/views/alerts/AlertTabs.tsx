import type { ReactNode } from "react";
import { formatRoute, type Route } from "../../navigation/route";

const tabs: ReadonlyArray<{ view: Route["view"]; label: string; route: Route }> = [
  { view: "alerts", label: "Inbox", route: { view: "alerts", alertId: null } },
  { view: "rules", label: "Rules", route: { view: "rules", ruleId: null } },
  { view: "silences", label: "Silences", route: { view: "silences" } },
  { view: "statistics", label: "Statistics", route: { view: "statistics" } },
];

/** The head of every page about alerts: where one is among them, and what stands beside that. */
export function AlertTabs({ view, children }: { view: Route["view"]; children?: ReactNode }) {
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2 px-5 pt-4 pb-3">
      <h1 className="text-xl font-[620] tracking-[-.015em]">Alerts</h1>
      <nav
        aria-label="Pages about alerts"
        className="flex h-[30px] overflow-hidden rounded-md border border-line-strong"
      >
        {tabs.map((tab) => (
          <a
            key={tab.view}
            href={formatRoute(tab.route)}
            data-testid={`alerts-tab-${tab.view}`}
            aria-current={tab.view === view ? "page" : undefined}
            className="grid place-items-center px-3 text-fg-2 -outline-offset-2 not-first:border-l not-first:border-line hover:text-fg aria-[current]:bg-pressed aria-[current]:text-fg"
          >
            {tab.label}
          </a>
        ))}
      </nav>
      {children}
    </div>
  );
}
