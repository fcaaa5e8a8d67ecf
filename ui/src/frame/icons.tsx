import type { Route } from "../navigation/route";

/** The program's mark: a dial with its needle. */
export function BrandMark() {
  return (
    <svg width="18" height="18" viewBox="0 0 18 18" aria-hidden="true" className="flex-none text-accent">
      <circle cx="9" cy="9" r="7.2" fill="none" stroke="currentColor" strokeWidth="1.6" />
      <path d="M9 9 13.6 4.4" stroke="currentColor" strokeWidth="1.6" />
      <circle cx="9" cy="9" r="1.8" fill="currentColor" />
    </svg>
  );
}

/** Places that stand in the rail under another. */
type Inner = "dashboard" | "connect" | "storage" | "rules" | "silences" | "statistics";

const paths: Record<Exclude<Route["view"], Inner>, string> = {
  fleet: "M3 3h5v5H3zM10 3h5v5h-5zM3 10h5v5H3zM10 10h5v5h-5z",
  alerts: "M9 2 16 15H2zM9 7v4M9 12.6v.4",
  events: "M3 4h2M3 9h2M3 14h2M7.5 4H15M7.5 9H15M7.5 14H12",
  metrics: "M2.5 15.5h13M3 12l3.5-4 3 2.5L15 4",
  commands: "M3 5l4 4-4 4M9 13h6",
  settings:
    "M9 6.4a2.6 2.6 0 100 5.2 2.6 2.6 0 000-5.2zM9 1.8v2.4M9 13.8v2.4M1.8 9h2.4M13.8 9h2.4M3.9 3.9l1.7 1.7M12.4 12.4l1.7 1.7M3.9 14.1l1.7-1.7M12.4 5.6l1.7-1.7",
};

export function ViewIcon({ view }: { view: keyof typeof paths }) {
  return (
    <svg
      width="18"
      height="18"
      viewBox="0 0 18 18"
      aria-hidden="true"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
    >
      <path d={paths[view]} />
    </svg>
  );
}
