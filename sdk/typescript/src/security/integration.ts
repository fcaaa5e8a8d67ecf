import type { AuditedService, Authorization, CommandAuthority } from "../commands/executor.js";
import { describe } from "../errors.js";
import type { EventInput } from "../interface.js";
import type { Command, CommandResult } from "../protocol/index.js";
import { decryptPayload, encryptPayload } from "./encryption.js";
import { type RateLimit, RateLimiter } from "./rate-limit.js";
import { verifyDetached } from "./signature.js";

/** Ids remembered at most, against replays. */
const SEEN_LIMIT = 10_000;
/** How far ahead of the hub's clock a command may have been issued, in milliseconds. */
const ISSUED_AHEAD_MS = 60_000;

/** Settings of a {@link SecurityIntegration}. */
export interface SecurityOptions {
  /**
   * Public keys (Ed25519, base64url) whose signatures count: yours, or `() => service.registration?.operatorKeys ?? []`
   * to trust those of the hub.
   */
  readonly operatorKeys?: readonly string[] | (() => readonly string[]);
  /** Whether a command without a signature is refused; true when not said. One with a wrong signature always is. */
  readonly requireSignature?: boolean;
  /** Whether `operator` may have `commandType` done; everybody may do everything when not said. */
  readonly checkPermission?: (operator: string, commandType: string) => boolean | Promise<boolean>;
  /** How many commands of a type may run in which time; 60 in a minute when not said. */
  readonly rateLimit?: (commandType: string) => RateLimit;
  /** Key of {@link SecurityIntegration.encryptPayload}, 32 bytes. */
  readonly encryptionKey?: Uint8Array;
  /** Who uses the dashboard, for the audit. */
  readonly user?: () => string | undefined;
  /** Where the audit goes; through the service that this is given to, when not said. */
  readonly audit?: (event: EventInput) => void;
}

/**
 * Decides on commands, in this order: dashboard, signature, expiry, replay, permission, rate limit. Publishes an audit event for each
 * execution and each refusal, and encrypts payloads.
 */
export class SecurityIntegration implements CommandAuthority {
  readonly #seen = new Map<string, number>();
  readonly #limiter: RateLimiter;
  #audit: ((event: EventInput) => void) | undefined;
  #service: AuditedService | undefined;

  constructor(private readonly options: SecurityOptions = {}) {
    this.#audit = options.audit;
    this.#limiter = new RateLimiter(options.rateLimit ?? (() => ({ count: 60, perMs: 60_000 })));
  }

  /**
   * Decides for the dashboard of `service`, and publishes the audit through it unless the options say where it goes. The
   * service calls this itself.
   */
  auditTo(service: AuditedService): void {
    this.#service = service;
    this.#audit ??= (event) => service.publishEvent(event);
  }

  /** Whether `command` may run; counts it if so. Never rejects. {@link checkCommand} also says why not. */
  async authorizeCommand(command: Command, signature?: string, hubTime = Date.now()): Promise<boolean> {
    const authorization = await this.checkCommand(command, signature, hubTime);
    if (!authorization.allowed) this.logRefusal(command, authorization.code, authorization.reason);
    return authorization.allowed;
  }

  async checkCommand(
    command: Command,
    signature: string | undefined,
    hubTime = Date.now(),
  ): Promise<Authorization> {
    const refuse = (code: string, reason: string): Authorization => ({ allowed: false, code, reason });
    const dashboardId = this.#service?.dashboardId;
    // A signature that is good is good for the dashboard that it names.
    if (dashboardId !== undefined && command.dashboardId !== dashboardId) {
      return refuse(
        "WRONG_DASHBOARD",
        `the command is for ${command.dashboardId}, and this is ${dashboardId}`,
      );
    }
    const { requireSignature = true, operatorKeys = [], checkPermission } = this.options;
    if (signature === undefined) {
      if (requireSignature)
        return refuse(
          "UNSIGNED",
          "this dashboard takes signed commands only: sign with an operator key it trusts",
        );
    } else {
      const keys = typeof operatorKeys === "function" ? operatorKeys() : operatorKeys;
      if (!(await verifyDetached(command, signature, keys))) {
        return refuse(
          "SIGNATURE_INVALID",
          "the signature is not one of an operator key that this dashboard trusts",
        );
      }
    }
    const expiresAt = Date.parse(command.expiresAt);
    if (!(expiresAt > hubTime))
      return refuse("EXPIRED", `the command arrived after it expired at ${command.expiresAt}`);
    if (!(Date.parse(command.issuedAt) <= hubTime + ISSUED_AHEAD_MS)) {
      return refuse(
        "NOT_YET_ISSUED",
        `the command claims to have been issued at ${command.issuedAt}, which is not yet`,
      );
    }
    this.#forget(hubTime);
    if (this.#seen.has(command.id)) return refuse("REPLAYED", "this command was run before");
    if (this.#seen.size >= SEEN_LIMIT) {
      return refuse("BUSY", `${SEEN_LIMIT} commands have not expired yet; try again when some have`);
    }
    if (checkPermission) {
      let permitted: boolean;
      try {
        permitted = await checkPermission(command.issuedBy, command.type);
      } catch (error) {
        return refuse("CHECK_FAILED", `permissions could not be checked: ${describe(error)}`);
      }
      if (!permitted)
        return refuse("NOT_PERMITTED", `${command.issuedBy} may not use ${command.type} on this dashboard`);
    }
    if (!this.#limiter.take(command.type, hubTime)) {
      return refuse("RATE_LIMITED", `too many ${command.type} commands; try again in a while`);
    }
    this.#seen.set(command.id, expiresAt);
    return { allowed: true };
  }

  /** Encrypts any JSON under the key of the options; `boundTo` as in the function of the same name. */
  encryptPayload(payload: unknown, boundTo?: string): string {
    return encryptPayload(payload, this.#key(), boundTo);
  }

  /** Decrypts what {@link encryptPayload} made. */
  decryptPayload(text: string, boundTo?: string): unknown {
    return decryptPayload(text, this.#key(), boundTo);
  }

  logCommandExecution(command: Command, result: Pick<CommandResult, "success" | "error" | "duration">): void {
    const { success, error, duration } = result;
    this.#log("MISSION_CONTROL_COMMAND", success ? "info" : "warning", command, { success, error, duration });
  }

  logRefusal(command: Command, code: string, reason: string): void {
    this.#log("MISSION_CONTROL_COMMAND_REFUSED", "warning", command, { success: false, code, reason });
  }

  #log(type: string, severity: "info" | "warning", command: Command, details: object): void {
    const { id: commandId, type: name, issuedBy } = command;
    const user = this.options.user?.();
    const timestamp = new Date().toISOString();
    this.#audit?.({
      type,
      severity,
      timestamp,
      payload: { command: name, commandId, issuedBy, user, timestamp, ...details },
    });
  }

  #key(): Uint8Array {
    const { encryptionKey } = this.options;
    if (!encryptionKey)
      throw new TypeError("give `encryptionKey` (32 bytes) in the options to encrypt payloads");
    return encryptionKey;
  }

  /** Lets go of ids that need not be remembered: what has expired is refused for that. */
  #forget(now: number): void {
    for (const [known, until] of this.#seen) if (until <= now) this.#seen.delete(known);
  }
}
