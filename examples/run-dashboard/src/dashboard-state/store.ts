import { createStore, type StoreApi } from "zustand/vanilla";
import type { AgentRun } from "../agent-service/agent-service";
import type { Execution } from "../workflow-engine/machine";
import type { Actor } from "./actor";
import type { Dataset, RowProblem } from "./dataset";
import type { Export } from "./export";
import type { Format, IngestProgress } from "./ingest";
import type { IngestionErrorCode } from "./ingestion-error";
import type { QualityReport } from "./quality";
import { DEFAULT_SETTINGS, type Settings } from "./settings";

/** The tabs, in their order. */
export const TABS = ["overview", "data", "workflows", "agents", "activity", "settings"] as const;
/** Id of a tab. */
export type TabId = (typeof TABS)[number];

/** The dialogs. */
export const MODALS = ["ingest", "quality", "export", "diagnostics", "about"] as const;
/** Id of a dialog. */
export type ModalId = (typeof MODALS)[number];

/** How something went, for its mark: the statuses of mission control rooms. */
export type Tone = "off" | "standby" | "normal" | "caution" | "serious" | "critical";

/** Something that was done, or asked for, here. */
export interface Activity {
  readonly id: string;
  /** In ms since 1970. */
  readonly at: number;
  readonly by: Actor;
  /** In a few words. */
  readonly title: string;
  /** What came of it. */
  readonly detail: string;
  readonly tone: Tone;
  /** The command of Mission Control that asked for it. */
  readonly command: string | null;
}

/** Something that users should see until they dismiss it. */
export interface Notice {
  readonly id: string;
  readonly at: number;
  readonly tone: Tone;
  readonly title: string;
  readonly message: string;
  /** Who says so, where it is not the dashboard itself. */
  readonly from: string | null;
}

/** How an ingestion goes. */
export interface Ingestion {
  readonly status: "idle" | "running" | "done" | "failed" | "cancelled";
  /** Part done, 0 to 1; 0 while the size is not known. */
  readonly progress: number;
  readonly source: string | null;
  readonly read: IngestProgress | null;
  readonly error: { readonly code: IngestionErrorCode; readonly message: string } | null;
}

/** The data that is held. */
export interface DataState {
  /** Name of the source; `null` when there is none. */
  readonly source: string | null;
  readonly dataset: Dataset | null;
  readonly quality: QualityReport | null;
  readonly format: Format | null;
  /** In ms since 1970. */
  readonly ingestedAt: number | null;
  /** How long that took, in milliseconds. */
  readonly ingestionMs: number | null;
  readonly problems: readonly RowProblem[];
  readonly truncated: boolean;
}

/** The whole state of the dashboard. */
export interface DashboardState {
  readonly data: DataState;
  readonly ingestion: Ingestion;
  readonly tab: TabId;
  /** Open dialogs, the last one on top. */
  readonly modals: readonly ModalId[];
  /** Newest first. */
  readonly executions: readonly Execution[];
  /** Newest first. */
  readonly agentRuns: readonly AgentRun[];
  readonly exports: readonly Export[];
  readonly activity: readonly Activity[];
  readonly notices: readonly Notice[];
  readonly settings: Settings;
  readonly debug: boolean;
  /** What the dashboard says of itself in debug mode, newest last. */
  readonly log: readonly string[];
  /** Which life of the services this is, and since when. */
  readonly services: { readonly life: number; readonly since: number };
  readonly diagnostics: Diagnostics | null;
}

/** What an engineer needs to find a fault. */
export interface Diagnostics {
  readonly collectedAt: string;
  readonly collectedFor: string;
  readonly report: Readonly<Record<string, unknown>>;
}

/** No data. */
export const NO_DATA: DataState = {
  source: null,
  dataset: null,
  quality: null,
  format: null,
  ingestedAt: null,
  ingestionMs: null,
  problems: [],
  truncated: false,
};

/** No ingestion. */
export const NO_INGESTION: Ingestion = { status: "idle", progress: 0, source: null, read: null, error: null };

/** The store of a dashboard. */
export type DashboardStore = StoreApi<DashboardState>;

/** A store in its initial state. */
export function createDashboardStore(settings: Settings = DEFAULT_SETTINGS): DashboardStore {
  return createStore<DashboardState>(() => ({
    data: NO_DATA,
    ingestion: NO_INGESTION,
    tab: "overview",
    modals: [],
    executions: [],
    agentRuns: [],
    exports: [],
    activity: [],
    notices: [],
    settings,
    debug: false,
    log: [],
    services: { life: 1, since: Date.now() },
    diagnostics: null,
  }));
}
