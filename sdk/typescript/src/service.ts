import { checkId, dashboardUrl } from "./address.js";
import type { CommandHandler } from "./commands/context.js";
import { CommandExecutor } from "./commands/executor.js";
import { DEFAULT_BACKOFF } from "./connection/backoff.js";
import type { WebSocketConstructor } from "./connection/link.js";
import type { ConnectionState } from "./connection/machine.js";
import { Session } from "./connection/session.js";
import { type ConnectionDetail, type ConnectionStatus, detailOf } from "./connection/status.js";
import { type TabMessage, Tabs } from "./connection/tabs.js";
import { type Deferred, deferred } from "./deferred.js";
import { describe, MissionControlError, type Problem } from "./errors.js";
import { finite } from "./finite.js";
import type {
  AlertInput,
  DashboardConfigInput,
  EventInput,
  MissionControlInterface,
  StatusInput,
} from "./interface.js";
import { guarded, Listeners, type Unsubscribe } from "./listeners.js";
import type { MissionControlOptions } from "./options.js";
import { DEFAULT_FRAME_LIMIT } from "./protocol/constants.js";
import type {
  CommandDeclaration,
  Configuration,
  DashboardConfig,
  DashboardMetrics,
  DashboardStatus,
  EnrichedAlert,
  HubMessage,
  Query,
  RegistrationResult,
  ResourceUsage,
  WorkflowUpdate,
} from "./protocol/index.js";
import { IndexedDbQueueStorage } from "./queue/indexeddb.js";
import { MemoryQueueStorage } from "./queue/memory.js";
import { type QueuedKind, utf8Length } from "./queue/message.js";
import { Outbox } from "./queue/outbox.js";
import { type ConfigurationHandler, Configurations, Queries, type QueryHandler } from "./requests.js";
import type { ServiceMetrics } from "./service-metrics.js";

const DEFAULT_QUEUE_BYTES = 8 * 1024 * 1024;
const DEFAULT_IN_USE_PATIENCE_MS = 60_000;
/** Time that waiting messages and running commands get when the dashboard says goodbye, in milliseconds. */
const DRAIN_MS = 5_000;
/** Handlers added in this time after another are declared to the hub together, in milliseconds. */
const DECLARE_MS = 50;
/** What a frame needs beside a command's result, in bytes. */
const RESULT_ENVELOPE = 256;

/**
 * Connects a dashboard to Mission Control.
 *
 * Publishing never waits, never blocks and never throws: what is published is kept until the hub has it on disk, over
 * lost connections and, where the storage is durable, over restarts.
 */
export class MissionControlService implements MissionControlInterface {
  readonly #startedAt = performance.now();
  readonly #outbox: Outbox;
  readonly #executor: CommandExecutor;
  readonly #queries = new Queries();
  readonly #configurations: Configurations;
  readonly #report = (problem: Problem): void => this.#tellProblem(problem);
  readonly #connectionListeners = new Listeners<[ConnectionStatus, ConnectionDetail]>(
    "onConnectionChange",
    this.#report,
  );
  readonly #alertListeners = new Listeners<[EnrichedAlert]>("onAlert", this.#report);
  readonly #workflowListeners = new Listeners<[WorkflowUpdate]>("onWorkflowUpdate", this.#report);
  readonly #problemListeners = new Set<{ call: (problem: Problem) => void }>();
  readonly #flushing = new Set<() => void>();
  #config: DashboardConfig | undefined;
  #session: Session | undefined;
  #tabs: Tabs | undefined;
  #registering: Deferred | undefined;
  #registered: RegistrationResult | undefined;
  #detail: ConnectionDetail = { status: "disconnected" };
  #status: DashboardStatus | undefined;
  #metrics: DashboardMetrics = {};
  #declaring: ReturnType<typeof setTimeout> | undefined;
  #declared = "";
  #eventCount = 0;
  #errorCount = 0;
  #acknowledged = 0;
  #refused = 0;
  #registrations = 0;

  constructor(private readonly options: MissionControlOptions) {
    const storage =
      options.storage ?? (globalThis.indexedDB ? new IndexedDbQueueStorage() : new MemoryQueueStorage());
    this.#outbox = new Outbox(storage, options.queueBytes ?? DEFAULT_QUEUE_BYTES, this.#report, () =>
      this.#onOutbox(),
    );
    this.#configurations = new Configurations((message) => this.#session?.send(message));
    this.#executor = new CommandExecutor({
      hubTime: () => Date.now() + (this.#session?.hubClockAheadMs ?? 0),
      started: () => this.#outbox.durable?.queue.commands ?? [],
      keepStarted: async (commands) => {
        this.#outbox.durable?.queue.setCommands(commands);
        await this.#outbox.durable?.stored();
      },
      send: (message) => this.#session?.send(message),
      publishResult: (json) => this.#publishResult(json),
      report: this.#report,
    });
    this.#executor.authority = options.security;
    options.security?.auditTo?.(this);
  }

  /** How the connection is. */
  get connection(): ConnectionDetail {
    return this.#detail;
  }

  /** What the hub said when it last confirmed the registration. */
  get registration(): RegistrationResult | undefined {
    return this.#registered;
  }

  /** The registered id; `undefined` before {@link registerDashboard}. */
  get dashboardId(): string | undefined {
    return this.#config?.id;
  }

  /** The configuration in force, if any was pushed. */
  get configuration(): Configuration | undefined {
    return this.#configurations.current;
  }

  /**
   * Registers the dashboard, and keeps it registered until {@link disconnect}. Resolves when the hub has confirmed it for
   * the first time, however long that takes; rejects with a {@link MissionControlError} when the hub refuses it. The
   * promise may be left alone: nothing is reported as an unhandled rejection.
   *
   * Called again with the same id, it declares what changed, or tries again after a refusal.
   */
  registerDashboard(config: DashboardConfigInput): Promise<RegistrationResult> {
    const pending = this.#registering ?? deferred();
    this.#registering = pending;
    try {
      this.#begin({ type: "run-dashboard", capabilities: [], metadata: {}, ...config });
    } catch (error) {
      this.#settle((deferred) => deferred.reject(asError(error)));
    }
    return pending.promise;
  }

  updateStatus(status: StatusInput): void {
    const { id: dashboardId = "", useCase = "" } = this.#config ?? {};
    this.#status = { ...status, dashboardId, useCase: status.useCase ?? useCase };
    this.#session?.statusChanged();
  }

  publishEvent(event: EventInput): void {
    this.#eventCount += 1;
    if (event?.severity === "error" || event?.severity === "critical") this.#errorCount += 1;
    this.#publish("EVENT", event?.type, () => ({
      ...event,
      timestamp: event.timestamp ?? now(),
      context: event.context ?? this.#context(),
    }));
  }

  reportMetrics(metrics: DashboardMetrics): void {
    this.#publish("METRICS", "", () => ({ timestamp: now(), ...finite(metrics) }));
    this.#metrics = { ...this.#metrics, ...metrics };
  }

  raiseAlert(alert: AlertInput): void {
    const source = this.#config?.type === "backend" ? "backend" : "dashboard";
    this.#publish("ALERT", alert?.type, () => ({
      source,
      timestamp: now(),
      context: this.#context(),
      ...alert,
    }));
  }

  reportResourceUsage(usage: ResourceUsage): void {
    this.#publish("RESOURCE_USAGE", "", () => ({ timestamp: now(), ...finite(usage) }));
  }

  /** Tells how a dashboard's workflow goes; for a service that registered with type `backend`. */
  publishWorkflowUpdate(update: Omit<WorkflowUpdate, "timestamp"> & { timestamp?: string }): void {
    this.#publish("WORKFLOW_UPDATE", update?.workflowId, () => ({ timestamp: now(), ...update }));
  }

  /**
   * Handles commands. With one or more declarations (those of `COMMANDS`, or your own), the commands are declared to the
   * hub and `handler` executes them. A handler alone hears of every command that starts; what it returns answers those
   * that have no handler of their own.
   */
  onCommand(handler: CommandHandler): Unsubscribe;
  onCommand(
    declared: CommandDeclaration | readonly CommandDeclaration[],
    handler: CommandHandler,
  ): Unsubscribe;
  onCommand(
    first: CommandDeclaration | readonly CommandDeclaration[] | CommandHandler,
    handler?: CommandHandler,
  ): Unsubscribe {
    if (typeof first === "function") return this.#executor.listen(first);
    if (!handler) return () => {};
    const removals = [first].flat().map((declaration) => this.#executor.accept(declaration, handler));
    this.#declareSoon();
    return () => {
      for (const remove of removals) remove();
      this.#declareSoon();
    };
  }

  /** Hears how the connection is: at once, and whenever it changes. */
  onConnectionChange(listener: (status: ConnectionStatus, detail: ConnectionDetail) => unknown): Unsubscribe {
    const remove = this.#connectionListeners.add(listener);
    guarded("onConnectionChange", this.#report, () => listener(this.#detail.status, this.#detail));
    return remove;
  }

  /** Answers queries, of one type or of all that reach this handler. `STATUS`, `METRICS` and `CONFIGURATION` need none. */
  onQuery(handler: QueryHandler): Unsubscribe;
  onQuery(type: string, handler: QueryHandler): Unsubscribe;
  onQuery(first: string | QueryHandler, handler?: QueryHandler): Unsubscribe {
    if (typeof first === "function") return this.#queries.add(undefined, first);
    return handler ? this.#queries.add(first, handler) : () => {};
  }

  /** Hears what operators want the dashboard's users to see. Show it as plain text. */
  onAlert(listener: (alert: EnrichedAlert) => unknown): Unsubscribe {
    return this.#alertListeners.add(listener);
  }

  /** Puts pushed configurations in force. */
  onConfigUpdate(handler: ConfigurationHandler): Unsubscribe {
    return this.#configurations.add(handler);
  }

  /** Hears how a backend gets on with this dashboard's workflows. */
  onWorkflowUpdate(listener: (update: WorkflowUpdate) => unknown): Unsubscribe {
    return this.#workflowListeners.add(listener);
  }

  /** Hears of everything an engineer should know. */
  onProblem(listener: (problem: Problem) => void): Unsubscribe {
    const entry = { call: listener };
    this.#problemListeners.add(entry);
    return () => this.#problemListeners.delete(entry);
  }

  /** How the service itself does. */
  getMetrics(): ServiceMetrics {
    return {
      eventCount: this.#eventCount,
      errorCount: this.#errorCount,
      uptime: Math.round(performance.now() - this.#startedAt),
      acknowledged: this.#acknowledged,
      queued: this.#outbox.length,
      queuedBytes: this.#outbox.size,
      dropped: this.#outbox.dropped,
      refused: this.#refused,
      registrations: this.#registrations,
      durable: this.#outbox.isDurable,
    };
  }

  /** Resolves when the storage holds everything that was published: it would survive the end of the page or process. */
  stored(): Promise<void> {
    return this.#outbox.stored();
  }

  /** Resolves when the hub has everything that was published. */
  flush(): Promise<void> {
    return new Promise((resolve) => {
      this.#flushing.add(resolve);
      this.#tellFlushed();
    });
  }

  /**
   * Says goodbye: cancels running commands, waits up to 5 s for the hub to have everything, and closes. What is left then
   * is kept for the next start, where the storage is durable. Never rejects. Afterwards, {@link registerDashboard} may be
   * called again.
   */
  async disconnect(reason = "the dashboard was closed"): Promise<void> {
    const session = this.#session;
    this.#executor.cancelAll();
    if (session?.connected) {
      const drained = () => this.#outbox.length === 0 && !this.#executor.busy;
      const deadline = Date.now() + DRAIN_MS;
      while (session.connected && !drained() && Date.now() < deadline) await pause(10);
    }
    if (this.#session !== session) return;
    if (this.#outbox.length > 0) {
      const fate = this.#outbox.isDurable
        ? "they are kept for the next start"
        : "they are lost when the program ends";
      this.#report({
        code: "UNACKNOWLEDGED",
        message: `${this.#outbox.length} messages were not acknowledged; ${fate}`,
      });
    }
    this.#session = undefined;
    session?.leave(reason);
    clearTimeout(this.#declaring);
    this.#listenToPlatform(false);
    this.#settle((deferred) =>
      deferred.reject(
        new MissionControlError("DISCONNECTED", "the dashboard said goodbye before it was registered"),
      ),
    );
    this.#config = undefined;
    this.#setDetail({ status: "disconnected" });
    await this.#outbox.close();
    this.#tabs?.stop();
    this.#tabs = undefined;
  }

  #begin(config: DashboardConfig): void {
    checkId(config.id);
    const url = dashboardUrl(this.options.url, this.options.allowUnencrypted ?? false);
    const WebSocket =
      this.options.WebSocket ?? (globalThis.WebSocket as unknown as WebSocketConstructor | undefined);
    if (!WebSocket) {
      throw new MissionControlError(
        "NO_WEBSOCKET",
        "this platform has no WebSocket: `npm install ws` and give its `WebSocket` in the options",
      );
    }
    if (this.#config && this.#config.id !== config.id) {
      throw new MissionControlError(
        "INVALID_CONFIGURATION",
        `this service is registered as ${this.#config.id}; call disconnect() before you register ${config.id}`,
      );
    }
    if (this.#config) {
      Object.assign(this.#config, config);
      if (this.#session?.connected)
        this.#settle((deferred) => this.#registered && deferred.resolve(this.#registered));
      this.#session?.dispatch({ type: this.#detail.status === "refused" ? "START" : "RESTART" });
      return;
    }
    this.#config = config;
    this.#configurations.serve(config.id);
    if (this.#status) this.updateStatus({ ...this.#status, useCase: this.#status.useCase || config.useCase });
    this.#listenToPlatform(true);
    const name = `mission-control:${config.id}`;
    const shared = (this.options.sharedTabs ?? true) && typeof document !== "undefined";
    this.#tabs = new Tabs(
      name,
      {
        onLead: () => this.#lead(url, WebSocket),
        onFollow: () => this.#follow(),
        onMessage: (message) => this.#onTab(message),
      },
      shared,
    );
    this.#setDetail({ status: "connecting" });
    this.#tabs.start();
  }

  async #lead(url: string, WebSocket: WebSocketConstructor): Promise<void> {
    const config = this.#config;
    if (!config) return;
    const durable = await this.#outbox.lead(config.id);
    if (this.#config !== config) return;
    const { token } = this.options;
    const options = {
      url,
      WebSocket,
      config,
      token: typeof token === "function" ? token : () => token,
      backoff: this.options.backoff ?? DEFAULT_BACKOFF,
      inUsePatienceMs: this.options.inUsePatienceMs ?? DEFAULT_IN_USE_PATIENCE_MS,
    };
    this.#session = new Session(options, durable, {
      declarations: () => {
        const declarations = this.#executor.declarations();
        this.#declared = names(declarations);
        return declarations;
      },
      status: () => this.#status,
      onState: (state) => this.#onState(state),
      onRegistered: (registration) => this.#onRegistered(registration),
      onMessage: (message) => this.#onMessage(message),
      onAcknowledged: (count) => {
        this.#acknowledged += count;
        this.#tellFlushed();
      },
      onRefused: () => {
        this.#refused += 1;
      },
      report: this.#report,
    });
    this.#session.dispatch({ type: "START" });
  }

  #follow(): void {
    if (!this.#config) return;
    this.#outbox.follow(this.#config.id, (messages) => this.#tabs?.tell({ type: "APPENDED", messages }));
    this.#setDetail({ status: "connecting", inOtherTab: true });
    this.#tabs?.tell({ type: "HELLO" });
  }

  #onTab(message: TabMessage): void {
    if (message.type === "APPENDED") this.#outbox.adopt(message.messages);
    else if (message.type === "HELLO") this.#tellTabs();
    else if (!this.#session) {
      if (message.registration) this.#takeRegistration(message.registration);
      this.#setDetail({ ...message.detail, inOtherTab: true });
    }
  }

  #tellTabs(): void {
    if (!this.#session) return;
    this.#tabs?.tell({ type: "CONNECTION", detail: this.#detail, registration: this.#registered });
  }

  #onState(state: ConnectionState): void {
    this.#setDetail(detailOf(state, this.#registrations > 0));
    if (state.phase === "refused") {
      const { code, cause } = state;
      this.#report({ code: "REGISTRATION_REFUSED", message: `${code}: ${cause}` });
      this.#settle((deferred) =>
        deferred.reject(new MissionControlError("REGISTRATION_REFUSED", cause, code)),
      );
    }
    this.#tellTabs();
  }

  #onRegistered(registration: RegistrationResult): void {
    this.#registrations += 1;
    this.#takeRegistration(registration);
    if (registration.configuration) this.#configurations.receive(registration.configuration);
    if (this.#declared !== names(this.#executor.declarations())) this.#declareSoon();
    this.#tellTabs();
  }

  #takeRegistration(registration: RegistrationResult): void {
    this.#registered = registration;
    this.#settle((deferred) => deferred.resolve(registration));
  }

  #onMessage(message: HubMessage): void {
    switch (message.type) {
      case "COMMAND":
        void this.#executor.receive(message.command, message.signature);
        break;
      case "COMMAND_CANCEL":
        this.#executor.cancel(message.commandId);
        break;
      case "QUERY":
        void this.#answer(message.query);
        break;
      case "ALERT":
        this.#alertListeners.tell(message.alert);
        break;
      case "CONFIG_UPDATE":
        this.#configurations.receive(message.config);
        break;
      case "WORKFLOW_UPDATE":
        this.#workflowListeners.tell(message.update);
        break;
    }
  }

  async #answer(query: Query): Promise<void> {
    if (typeof query?.id !== "string") return;
    const result = await this.#queries.answer(query, (type) => {
      if (type === "STATUS") return this.#status;
      if (type === "METRICS") return this.#metrics;
      return type === "CONFIGURATION" ? (this.#configurations.current ?? null) : undefined;
    });
    this.#session?.send({ type: "QUERY_RESULT", ...result });
  }

  #publishResult(json: string): string | undefined {
    const limit = this.#session?.frameLimit ?? DEFAULT_FRAME_LIMIT;
    const size = utf8Length(json) + RESULT_ENVELOPE;
    if (size > limit) return `it is ${size} bytes, and the hub accepts ${limit}; return less`;
    this.#outbox.push("COMMAND_RESULT", "", json);
    return undefined;
  }

  #publish(kind: QueuedKind, subject: string | undefined, enrich: () => object): void {
    let body: string;
    try {
      if (typeof subject !== "string") throw new Error("it has no `type`");
      const enriched = enrich();
      // The id is added when it is sent: it may not be known yet.
      body = JSON.stringify(kind === "WORKFLOW_UPDATE" ? enriched : { ...enriched, dashboardId: undefined });
    } catch (cause) {
      this.#refused += 1;
      const message = `${kind} ${String(subject)} cannot be sent: ${describe(cause)}`;
      this.#report({ code: "NOT_SENDABLE", message, cause });
      const payload = { refused: kind, subject: String(subject), code: "NOT_SENDABLE", message };
      const timestamp = now();
      body = JSON.stringify({ type: "MESSAGE_REFUSED", severity: "error", payload, timestamp });
      this.#outbox.push("EVENT", "MESSAGE_REFUSED", body);
      return;
    }
    this.#outbox.push(kind, subject, body);
  }

  #context(): object {
    const useCase = this.#config?.useCase;
    try {
      return { useCase, ...this.options.context?.() };
    } catch (cause) {
      this.#report({ code: "CALLBACK_FAILED", message: `\`context\` failed: ${describe(cause)}`, cause });
      return { useCase };
    }
  }

  #onOutbox(): void {
    if (this.#session) this.#session.pumpSoon();
    else this.#outbox.durable?.store();
  }

  #declareSoon(): void {
    if (this.#declaring !== undefined) return;
    this.#declaring = setTimeout(() => {
      this.#declaring = undefined;
      if (this.#declared !== names(this.#executor.declarations()))
        this.#session?.dispatch({ type: "RESTART" });
    }, DECLARE_MS);
  }

  #tellFlushed(): void {
    if (this.#outbox.length > 0) return;
    for (const resolve of this.#flushing) resolve();
    this.#flushing.clear();
  }

  #settle(how: (deferred: Deferred) => unknown): void {
    const registering = this.#registering;
    if (!registering) return;
    this.#registering = undefined;
    how(registering);
  }

  #setDetail(detail: ConnectionDetail): void {
    this.#detail = detail;
    this.#connectionListeners.tell(detail.status, detail);
  }

  #tellProblem(problem: Problem): void {
    const calls = [...(this.#problemListeners ?? [])].map(({ call }) => call);
    if (this.options?.onProblem) calls.push(this.options.onProblem);
    for (const call of calls) {
      try {
        call(problem);
      } catch {
        // There is nobody left to tell.
      }
    }
  }

  #listenToPlatform(on: boolean): void {
    const change = on ? "addEventListener" : "removeEventListener";
    globalThis[change]?.("online", this.#onWake);
    globalThis[change]?.("pageshow", this.#onWake);
    globalThis.document?.[change]("visibilitychange", this.#onWake);
  }

  readonly #onWake = (): void => {
    if (globalThis.document?.visibilityState !== "hidden") this.#session?.wake();
  };
}

function asError(error: unknown): MissionControlError {
  if (error instanceof MissionControlError) return error;
  return new MissionControlError("INVALID_CONFIGURATION", describe(error));
}

/** Declarations as a text, to see whether they changed. */
function names(declarations: readonly CommandDeclaration[]): string {
  return JSON.stringify(declarations);
}

function now(): string {
  return new Date().toISOString();
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
