import type { DashboardKey } from "../../bindings/DashboardKey";
import { formatCount } from "../../format/numbers";
import { formatRoute, type Section, sections } from "../../navigation/route";

export const sectionTitle: Record<Section, string> = {
  overview: "Overview",
  data: "Data",
  workflows: "Workflows",
  agents: "Agents",
  events: "Events",
  alerts: "Alerts",
  commands: "Commands",
  configuration: "Configuration",
};

interface SectionTabsProps {
  dashboard: DashboardKey;
  section: Section;
  /** Shown beside a title when it is not 0. */
  counts: Partial<Record<Section, number>>;
}

export function SectionTabs({ dashboard, section, counts }: SectionTabsProps) {
  return (
    <nav aria-label="Sections" className="flex min-w-0 gap-1 overflow-x-auto">
      {sections.map((one) => (
        <a
          key={one}
          href={formatRoute({ view: "dashboard", dashboard, section: one })}
          aria-current={one === section ? "page" : undefined}
          data-testid={`section-${one}`}
          className="flex h-9 flex-none items-center gap-1.5 border-b-2 border-transparent px-2.5 text-fg-2 -outline-offset-2 hover:text-fg aria-[current]:border-accent aria-[current]:text-fg"
        >
          {sectionTitle[one]}
          {(counts[one] ?? 0) > 0 && (
            <span className="rounded-sm bg-raised px-1 text-fg-2 text-xs">{formatCount(counts[one])}</span>
          )}
        </a>
      ))}
    </nav>
  );
}
