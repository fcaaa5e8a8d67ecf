import type { AgentRun } from "../agent-service/agent-service";
import type { Execution, ExecutionState } from "../workflow-engine/machine";
import type { Ingested } from "./ingest";
import type { IngestionError } from "./ingestion-error";

/** Something that happened in the dashboard and that others may want to know. */
export type Occurrence =
  | { readonly type: "INGESTED"; readonly source: string; readonly ingested: Ingested }
  | { readonly type: "INGESTION_FAILED"; readonly source: string; readonly error: IngestionError }
  | { readonly type: "CLEARED" }
  | { readonly type: "WORKFLOW"; readonly execution: Execution; readonly before: ExecutionState | null }
  | { readonly type: "AGENT"; readonly run: AgentRun };

/** Those who want to know. */
export class Observers {
  readonly #listeners = new Set<(occurrence: Occurrence) => void>();

  /** Adds one; the function returned takes it away. */
  add(listener: (occurrence: Occurrence) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tells them all. */
  tell(occurrence: Occurrence): void {
    for (const listener of [...this.#listeners]) listener(occurrence);
  }
}
