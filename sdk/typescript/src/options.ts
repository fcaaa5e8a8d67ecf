import type { CommandAuthority } from "./commands/executor.js";
import type { BackoffOptions } from "./connection/backoff.js";
import type { WebSocketConstructor } from "./connection/link.js";
import type { Problem } from "./errors.js";
import type { EventContext } from "./protocol/index.js";
import type { QueueStorage } from "./queue/storage.js";

/** Settings of a `MissionControlService`. */
export interface MissionControlOptions {
  /** The hub's address, such as `ws://127.0.0.1:7420`. */
  readonly url: string;
  /** The dashboard token, or how to get it; asked anew for each connection. */
  readonly token: string | (() => string | Promise<string>);
  /**
   * Where the queue lives. When not said: in the browser's database where there is one, else in memory. In Node, give a
   * `FileQueueStorage` from `@mission-control/sdk/node` to keep the queue over restarts.
   */
  readonly storage?: QueueStorage;
  /** Bound of the queue, in bytes; 8 MiB when not said. */
  readonly queueBytes?: number;
  /** The platform's, when not said. In Node before version 22, give that of the package `ws`. */
  readonly WebSocket?: WebSocketConstructor;
  /** In what setting events happen: asked for each event and alert. */
  readonly context?: () => EventContext;
  /** Decides on commands: a `SecurityIntegration`, or one of your own. Without one, every declared command runs. */
  readonly security?: CommandAuthority;
  /** Told of everything an engineer should know. Without it, problems are only counted. */
  readonly onProblem?: (problem: Problem) => void;
  /** Bounds of the waits between attempts to connect. */
  readonly backoff?: BackoffOptions;
  /** How long to try again while another session holds the id, in milliseconds; 60,000 when not said. */
  readonly inUsePatienceMs?: number;
  /**
   * Whether several instances with one id in one browser act as one dashboard; true when not said. One tab holds the
   * connection and runs the commands, the others publish through it, and the next takes over when it is closed.
   */
  readonly sharedTabs?: boolean;
  /** Lets `ws://` leave this machine, for a network that is encrypted otherwise; false when not said. */
  readonly allowUnencrypted?: boolean;
}
