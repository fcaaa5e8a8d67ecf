import type { DashboardCard } from "../../bindings/DashboardCard";

/** What a dashboard is doing, in a word; how it went where it is not there. */
export function stateText(card: DashboardCard): string {
  if (card.freshness.kind === "cached" || card.freshness.kind === "archived") return card.freshness.kind;
  switch (card.liveness) {
    case "offline":
      return "offline";
    case "left":
      return "left";
    case "stale":
      return "stale";
    case "online":
      return card.state ?? "no status yet";
  }
}
