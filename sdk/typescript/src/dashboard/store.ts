import type { Problem } from "../errors.js";
import type { MissionControlInterface, StatusInput } from "../interface.js";
import { tried, type Unsubscribe } from "../listeners.js";

/** A store whose subscribers get the state and the one before, like Zustand's. */
export interface DashboardStore<State> {
  /** Calls `listener` after each change, until the function that it returns is called. */
  subscribe(listener: (state: State, previous: State) => void): Unsubscribe;
  /** The state now. */
  getState?(): State;
}

/** A store whose subscribers are told nothing but that it changed, like Redux's. */
export interface SilentStore<State> {
  /** Calls `listener` after each change, until the function that it returns is called. */
  subscribe(listener: () => void): Unsubscribe;
  /** The state now. */
  getState(): State;
}

/** How an ingestion goes. */
export interface IngestionState {
  /** Such as `idle`, `running`, `done`, `failed`. */
  readonly status: string;
  /** Part done, 0 to 1. */
  readonly progress?: number;
}

/** What of the state matters to Mission Control. */
export interface StoreBinding<State> {
  /** The store, as it is. */
  readonly store: DashboardStore<State> | SilentStore<State>;
  /** The status that the state means. */
  readonly buildStatus: (state: State) => StatusInput;
  /**
   * Whether a change deserves a new status; when not said, whether the status differs in anything but its performance.
   */
  readonly hasSignificantChange?: (state: State, previous: State) => boolean;
  /** The data source, anything that JSON can hold; `state.data.source` when not said. */
  readonly source?: (state: State) => unknown;
  /** The ingestion; `state.ingestion` when not said. */
  readonly ingestion?: (state: State) => IngestionState | undefined;
  /** Shortest time between two statuses, in milliseconds; 250 when not said. The latest always follows. */
  readonly statusIntervalMs?: number;
  /** Told when one of the functions above throws. */
  readonly onProblem?: (problem: Problem) => void;
}

const STATUS_INTERVAL_MS = 250;

/** The shape of the integration plan's own store. */
interface PlanState {
  readonly data?: { readonly source?: unknown };
  readonly ingestion?: IngestionState;
}

/**
 * Keeps Mission Control informed of a store: sends the status when it changes significantly, and publishes
 * `DATA_SOURCE_CHANGED` and `INGESTION_STATUS_CHANGED`. Nothing that goes wrong here reaches the store.
 */
export function bindDashboardStore<State>(
  service: Pick<MissionControlInterface, "updateStatus" | "publishEvent">,
  binding: StoreBinding<State>,
): Unsubscribe {
  const { store, buildStatus } = binding;
  const source = binding.source ?? ((state) => (state as PlanState).data?.source);
  const ingestion = binding.ingestion ?? ((state) => (state as PlanState).ingestion);
  const significant =
    binding.hasSignificantChange ??
    ((state: State, previous: State) => essence(buildStatus(state)) !== essence(buildStatus(previous)));
  const interval = binding.statusIntervalMs ?? STATUS_INTERVAL_MS;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let sentAt = Number.NEGATIVE_INFINITY;
  let latest: State | undefined;

  const safely = (work: () => void): void => tried("the store's binding", binding.onProblem, work);
  const sendStatus = (): void => {
    timer = undefined;
    sentAt = performance.now();
    safely(() => service.updateStatus(buildStatus(latest as State)));
  };
  const sendStatusSoon = (): void => {
    timer ??= setTimeout(sendStatus, Math.max(sentAt + interval - performance.now(), 0));
  };
  const onChange = (state: State, previous: State): void => {
    latest = state;
    safely(() => {
      if (significant(state, previous)) sendStatusSoon();
    });
    safely(() => {
      const [from, to] = [source(previous), source(state)];
      if (from === to) return;
      const timestamp = new Date().toISOString();
      service.publishEvent({ type: "DATA_SOURCE_CHANGED", payload: { from, to, timestamp } });
    });
    safely(() => {
      const [before, after] = [ingestion(previous), ingestion(state)];
      if (!after || before?.status === after.status) return;
      const { status, progress } = after;
      service.publishEvent({ type: "INGESTION_STATUS_CHANGED", payload: { status, progress } });
    });
  };

  let known = store.getState?.();
  if (known !== undefined) {
    latest = known;
    sendStatus();
  }
  const unsubscribe = store.subscribe((state?: State, previous?: State): void => {
    const current = state ?? store.getState?.();
    const before = previous ?? known;
    known = current;
    if (current !== undefined && before !== undefined && current !== before) onChange(current, before);
  });
  return () => {
    clearTimeout(timer);
    unsubscribe();
  };
}

/** What of a status is significant: its performance changes all the time. */
function essence({ performance: _, ...status }: StatusInput): string {
  return JSON.stringify(status);
}
