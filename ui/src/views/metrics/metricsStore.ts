import { create } from "zustand";
import type { Comparison } from "../../bindings/Comparison";
import type { DashboardKey } from "../../bindings/DashboardKey";
import type { MetricsSpan } from "./metricsSpan";

export interface MetricsChoice {
  /** Names of the series drawn. */
  series: string[];
  /** Of these dashboards. */
  dashboards: DashboardKey[];
  span: MetricsSpan;
  compare: Comparison;
}

interface MetricsStore extends MetricsChoice {
  choose: (change: Partial<MetricsChoice>) => void;
}

/** What was chosen last: it is there again when one comes back to the view. */
export const useMetricsStore = create<MetricsStore>((set) => ({
  series: [],
  dashboards: [],
  span: "hour",
  compare: "none",
  choose: (change) => set(change),
}));
