import { describe } from "../errors.js";
import type { EventInput } from "../interface.js";
import { guarded, type Report } from "../listeners.js";
import type { Command, CommandDeclaration, CommandResult, DashboardMessage } from "../protocol/index.js";
import type { CommandContext, CommandHandler } from "./context.js";
import { presentable } from "./result.js";

/** Commands that may run at a time. */
const RUNNING_LIMIT = 64;
/** Time for a handler to end after its command expired, before it is answered for, in milliseconds. */
const GRACE_MS = 5_000;
/** Time that a command is remembered after it expired, lest clocks that differ let it run again, in milliseconds. */
const REMEMBER_MS = 600_000;
/** Shortest time between two reports of progress, in milliseconds. */
const PROGRESS_MS = 100;
/** The error that answers a cancellation. */
const CANCELLED = "cancelled";

/** Whether a command may run, and if not, why. */
export type Authorization =
  | {
      /** It may. */
      readonly allowed: true;
    }
  | {
      /** It may not. */
      readonly allowed: false;
      /** For a program. */
      readonly code: string;
      /** For the operator. */
      readonly reason: string;
    };

/** What an authority needs of the service that it decides for. */
export interface AuditedService {
  /** The dashboard's id, once it is registered. */
  readonly dashboardId?: string | undefined;
  /** Publishes an entry of the audit. */
  publishEvent(event: EventInput): void;
}

/** Decides on commands, and keeps an audit of them. */
export interface CommandAuthority {
  /** Whether `command` may run; `hubTime` is the hub's clock, in ms since 1970. */
  checkCommand(command: Command, signature: string | undefined, hubTime: number): Promise<Authorization>;
  /** A command was executed. */
  logCommandExecution(command: Command, result: CommandResult): void;
  /** A command was refused. */
  logRefusal(command: Command, code: string, reason: string): void;
  /** Called by the service it is given to: where the audit goes, unless it goes elsewhere. */
  auditTo?(service: AuditedService): void;
}

/** What the executor asks of its owner. */
export interface ExecutorOwner {
  /** The hub's clock, in ms since 1970. */
  hubTime(): number;
  /** The commands that were started before, and may come again. */
  started(): readonly (readonly [id: string, expiresAt: number])[];
  /** Keeps the commands that were started; resolves when that would survive a crash. */
  keepStarted(commands: readonly (readonly [id: string, expiresAt: number])[]): Promise<void>;
  /** Sends what is of use on this connection only. */
  send(message: DashboardMessage): void;
  /** Publishes a result, reliably. `json` is a `CommandResult`. Says why not when it is too large. */
  publishResult(json: string): string | undefined;
  /** Takes note of a problem. */
  readonly report: Report;
}

/** Runs commands: each once, several at a time, and answers for each. */
export class CommandExecutor {
  /** Decides on commands, if anybody does. */
  authority: CommandAuthority | undefined;
  readonly #handlers = new Map<string, { declaration: CommandDeclaration; handler: CommandHandler }>();
  readonly #running = new Map<string, AbortController>();
  readonly #listeners = new Set<{ handler: CommandHandler }>();

  constructor(private readonly owner: ExecutorOwner) {}

  /** What the dashboard accepts. */
  declarations(): CommandDeclaration[] {
    return [...this.#handlers.values()].map(({ declaration }) => declaration);
  }

  /** Whether any command runs. */
  get busy(): boolean {
    return this.#running.size > 0;
  }

  /** Accepts a command. A later handler takes the place of an earlier one. */
  accept(declaration: CommandDeclaration, handler: CommandHandler): () => void {
    const entry = { declaration, handler };
    this.#handlers.set(declaration.type, entry);
    return () => {
      if (this.#handlers.get(declaration.type) === entry) this.#handlers.delete(declaration.type);
    };
  }

  /** Adds a handler that hears of every command, and answers those without a handler of their own. */
  listen(handler: CommandHandler): () => void {
    const entry = { handler };
    this.#listeners.add(entry);
    return () => this.#listeners.delete(entry);
  }

  /** A command came. Never throws and never rejects. */
  async receive(command: Command, signature: string | undefined): Promise<void> {
    if (typeof command?.id !== "string") return;
    const { id } = command;
    if (this.#running.has(id)) {
      this.owner.send({ type: "COMMAND_PROGRESS", commandId: id, stage: "ACCEPTED" });
      return;
    }
    const now = this.owner.hubTime();
    // It was run before; its result is on the way or has arrived.
    if (this.owner.started().some(([known]) => known === id)) return;
    const controller = new AbortController();
    this.#running.set(id, controller);
    try {
      const refusal = await this.#check(command, signature, now);
      if (refusal) this.#refuse(command, refusal.code, refusal.reason);
      else await this.#run(command, controller, now);
    } catch (cause) {
      this.owner.report({
        code: "CALLBACK_FAILED",
        message: `${command.type} failed: ${describe(cause)}`,
        cause,
      });
    } finally {
      this.#running.delete(id);
    }
  }

  /** The operator wants a command stopped. */
  cancel(id: string): void {
    this.#running.get(id)?.abort(new Error(CANCELLED));
  }

  /** Stops all commands. */
  cancelAll(): void {
    for (const controller of this.#running.values()) controller.abort(new Error(CANCELLED));
  }

  async #check(
    command: Command,
    signature: string | undefined,
    now: number,
  ): Promise<{ code: string; reason: string } | undefined> {
    if (this.authority) {
      let authorization: Authorization;
      try {
        authorization = await this.authority.checkCommand(command, signature, now);
      } catch (error) {
        const reason = `this dashboard could not check the command: ${describe(error)}`;
        authorization = { allowed: false, code: "CHECK_FAILED", reason };
      }
      if (!authorization.allowed) return authorization;
    }
    if (!(Date.parse(command.expiresAt) > now)) {
      return { code: "EXPIRED", reason: `the command arrived after it expired at ${command.expiresAt}` };
    }
    if (this.#running.size > RUNNING_LIMIT) {
      return {
        code: "BUSY",
        reason: `${RUNNING_LIMIT} commands are running already; try again when some have ended`,
      };
    }
    return undefined;
  }

  #refuse(command: Command, code: string, reason: string): void {
    this.owner.report({
      code: "COMMAND_REFUSED",
      message: `${command.type} was refused (${code}): ${reason}`,
    });
    this.authority?.logRefusal(command, code, reason);
    this.#answer({ commandId: command.id, success: false, error: reason });
  }

  async #run(command: Command, controller: AbortController, now: number): Promise<void> {
    this.owner.send({ type: "COMMAND_PROGRESS", commandId: command.id, stage: "ACCEPTED" });
    // What has expired is refused anyway: it need not be remembered.
    const alive = this.owner.started().filter(([, expiresAt]) => expiresAt > now - REMEMBER_MS);
    await this.owner.keepStarted([...alive, [command.id, Date.parse(command.expiresAt)]]);
    const began = performance.now();
    const reporter = new ProgressReporter(command.id, (message) => this.owner.send(message));
    const context: CommandContext = {
      signal: controller.signal,
      progress: (fraction, message) => reporter.report(fraction, message),
    };
    let outcome: Omit<CommandResult, "commandId" | "duration">;
    try {
      const value = await this.#inTime(command, controller, () => this.#handle(command, context));
      outcome = { success: true, result: (await presentable(value)) as never };
    } catch (error) {
      const cancelled = (controller.signal.reason as Error | undefined)?.message === CANCELLED;
      outcome = {
        success: false,
        error: cancelled ? CANCELLED : describe(error) || "it failed without saying why",
      };
    }
    reporter.end();
    const duration = performance.now() - began;
    const sent = this.#answer({ commandId: command.id, ...outcome, duration });
    this.authority?.logCommandExecution(command, sent);
  }

  async #handle(command: Command, context: CommandContext): Promise<unknown> {
    const own = this.#handlers.get(command.type)?.handler;
    if (own) {
      for (const { handler } of this.#listeners) {
        guarded("a command listener", this.owner.report, () => handler(command, context));
      }
      return own(command, context);
    }
    for (const { handler } of this.#listeners) {
      const value = await handler(command, context);
      if (value !== undefined) return value;
    }
    throw new Error(`this dashboard has no handler for ${command.type}`);
  }

  /** Runs the handler, but does not wait for ever: a handler that hangs is answered for when its time is up. */
  #inTime(command: Command, controller: AbortController, work: () => Promise<unknown>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const left = Math.min(
        Math.max(Date.parse(command.expiresAt) - this.owner.hubTime(), 0),
        2 ** 31 - 1 - GRACE_MS,
      );
      const why = "the handler did not end before the command expired; whether it was done is not known";
      const expiry = setTimeout(() => controller.abort(new Error(why)), left);
      const end = setTimeout(() => reject(new Error(why)), left + GRACE_MS);
      controller.signal.addEventListener("abort", () => {
        if ((controller.signal.reason as Error).message === CANCELLED) clearTimeout(expiry);
      });
      work()
        .then(resolve, reject)
        .finally(() => {
          clearTimeout(expiry);
          clearTimeout(end);
        });
    });
  }

  #answer(result: CommandResult): CommandResult {
    let problem: string | undefined;
    try {
      problem = this.owner.publishResult(JSON.stringify(result));
    } catch (error) {
      problem = describe(error);
    }
    if (problem === undefined) return result;
    const { commandId, duration } = result;
    const error = `the command was done, but its result cannot be sent: ${problem}`;
    const instead: CommandResult = { commandId, success: false, error, duration };
    guarded("answering a command", this.owner.report, () =>
      this.owner.publishResult(JSON.stringify(instead)),
    );
    return instead;
  }
}

/** Sends progress, but not too often; the latest is never left out while the command runs. */
class ProgressReporter {
  #sentAt = Number.NEGATIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #latest: DashboardMessage | undefined;
  #ended = false;

  constructor(
    private readonly commandId: string,
    private readonly send: (message: DashboardMessage) => void,
  ) {}

  report(fraction: number, message: string | undefined): void {
    if (this.#ended) return;
    const progress = Math.min(Math.max(Number(fraction) || 0, 0), 1);
    this.#latest = {
      type: "COMMAND_PROGRESS",
      commandId: this.commandId,
      stage: "RUNNING",
      progress,
      message,
    };
    const wait = this.#sentAt + PROGRESS_MS - performance.now();
    if (wait <= 0) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), wait);
  }

  end(): void {
    this.#ended = true;
    this.#flush();
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#sentAt = performance.now();
    if (this.#latest) this.send(this.#latest);
    this.#latest = undefined;
  }
}
