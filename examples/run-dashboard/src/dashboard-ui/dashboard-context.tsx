import { createContext, useContext } from "react";
import { useStore } from "zustand";
import type { Dashboard } from "../dashboard-state/dashboard";
import type { DashboardState } from "../dashboard-state/store";
import type { ConnectionSettings } from "../mission-control/connection-settings";
import type { Integration } from "../mission-control/integration";

/** What the components draw and act upon. */
export interface DashboardContextValue {
  readonly dashboard: Dashboard;
  /** `null` where the dashboard stands alone. */
  readonly integration: Integration | null;
  readonly connection: ConnectionSettings;
  /** Connects with other settings. */
  connect(settings: ConnectionSettings): void;
}

/** Gives it to them. */
export const DashboardContext = createContext<DashboardContextValue | null>(null);

/** The context's value. */
export function useDashboardContext(): DashboardContextValue {
  const value = useContext(DashboardContext);
  if (!value) throw new Error("this component belongs into a DashboardContext");
  return value;
}

/** The dashboard. */
export function useDashboard(): Dashboard {
  return useDashboardContext().dashboard;
}

/** A part of the state; renders anew when that part changes. */
export function useDashboardState<T>(select: (state: DashboardState) => T): T {
  return useStore(useDashboard().store, select);
}
