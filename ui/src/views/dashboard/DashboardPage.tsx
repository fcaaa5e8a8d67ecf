import type { DashboardKey } from "../../bindings/DashboardKey";
import { EmptyState } from "../../components/EmptyState";
import type { Section } from "../../navigation/route";

export function DashboardPage(_: { dashboard: DashboardKey; section: Section }) {
  return <EmptyState title="" />;
}
