import type { CommandHandler } from "../commands/context.js";
import type { ConnectionDetail, ConnectionStatus } from "../connection/status.js";
import type { Unsubscribe } from "../listeners.js";
import type { ServiceMetrics } from "../service-metrics.js";

/** What the hooks need of a `MissionControlService`. */
export interface StatusSource {
  /** How the connection is. */
  readonly connection: ConnectionDetail;
  /** Hears how the connection is. */
  onConnectionChange(listener: (status: ConnectionStatus, detail: ConnectionDetail) => unknown): Unsubscribe;
  /** Hears of commands. */
  onCommand(handler: CommandHandler): Unsubscribe;
  /** How the service itself does. */
  getMetrics(): ServiceMetrics;
}
