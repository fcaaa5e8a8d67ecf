/**
 * The dashboard-side SDK of Mission Control.
 *
 * `@mission-control/sdk/metrics` measures, `/security` checks and encrypts, `/react` shows, and `/node` adds a queue in a file.
 *
 * @module @mission-control/sdk
 */
export type { CommandContext, CommandHandler } from "./commands/context.js";
export type { AuditedService, Authorization, CommandAuthority } from "./commands/executor.js";
export {
  type CommandRegistry,
  type DeclarationChanges,
  type ExportFormat,
  type RemoteCommandContext,
  type RemoteCommandName,
  type RemoteCommands,
  RemoteControl,
} from "./commands/remote-control.js";
export type { BlobResult } from "./commands/result.js";
export type { BackoffOptions } from "./connection/backoff.js";
export type { WebSocketConstructor, WebSocketLike } from "./connection/link.js";
export type { ConnectionDetail, ConnectionStatus } from "./connection/status.js";
export { AlertIntegration, type AlertOptions } from "./dashboard/alerts.js";
export {
  type AgentResult,
  EventPublisher,
  type IngestedData,
  type WorkflowExecution,
} from "./dashboard/events.js";
export {
  bindDashboardStore,
  type DashboardStore,
  type IngestionState,
  type SilentStore,
  type StoreBinding,
} from "./dashboard/store.js";
export { MissionControlError, type Problem, type ProblemCode } from "./errors.js";
export type {
  AlertInput,
  DashboardConfigInput,
  EventInput,
  MissionControlInterface,
  StatusInput,
} from "./interface.js";
export type { Unsubscribe } from "./listeners.js";
export type { MissionControlOptions } from "./options.js";
export { COMMANDS } from "./protocol/catalog.js";
export type * from "./protocol/index.js";
export { type IndexedDbQueueOptions, IndexedDbQueueStorage } from "./queue/indexeddb.js";
export { MemoryQueueStorage } from "./queue/memory.js";
export type { QueuedKind, QueuedMessage, SessionRecord } from "./queue/message.js";
export type { QueueChange, QueueStorage, StoredQueue } from "./queue/storage.js";
export type { ConfigurationHandler, QueryHandler } from "./requests.js";
export { MissionControlService } from "./service.js";
export type { ServiceMetrics } from "./service-metrics.js";
