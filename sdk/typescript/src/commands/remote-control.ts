import type { Unsubscribe } from "../listeners.js";
import { COMMANDS } from "../protocol/catalog.js";
import type { Command, CommandDeclaration } from "../protocol/index.js";
import type { CommandContext, CommandHandler } from "./context.js";

/** Name of one of the plan's seventeen commands. */
export type RemoteCommandName = keyof typeof COMMANDS;

/** A format of `EXPORT_DATA`. */
export type ExportFormat = "json" | "csv" | "ndjson";

/** What a command's function has beside its parameters. */
export interface RemoteCommandContext extends CommandContext {
  /** The whole command: who issued it, when, and under which id. */
  readonly command: Command;
}

/** What a dashboard knows better than the catalogue about one of its commands: usually the values it takes. */
export type DeclarationChanges = Partial<Omit<CommandDeclaration, "type">>;

/** The plan's commands as functions. Each may return, or resolve with, anything the operator is to see. */
export interface RemoteCommands {
  /** Loads data from a source. */
  INGEST_DATA(
    source: string,
    params: { limit?: number; mode?: "append" | "replace" },
    context: RemoteCommandContext,
  ): unknown;
  /** Runs a workflow to its end. */
  EXECUTE_WORKFLOW(
    workflowId: string,
    values: Record<string, unknown>,
    context: RemoteCommandContext,
  ): unknown;
  /** Brings a tab to the front. */
  NAVIGATE_TAB(tabId: string, context: RemoteCommandContext): unknown;
  /** Loads the current source again. */
  REFRESH_DATA(context: RemoteCommandContext): unknown;
  /** Returns the data in a format: text, JSON or a `Blob`. */
  EXPORT_DATA(format: ExportFormat, context: RemoteCommandContext): unknown;
  /** Removes all data. */
  CLEAR_DATA(context: RemoteCommandContext): unknown;
  /** Opens a dialog. */
  OPEN_MODAL(modalId: string, context: RemoteCommandContext): unknown;
  /** Closes every dialog. */
  CLOSE_ALL_MODALS(context: RemoteCommandContext): unknown;
  /** Starts a workflow and returns its execution at once. */
  START_WORKFLOW(workflowId: string, context: RemoteCommandContext): unknown;
  /** Ends an execution for good. */
  STOP_WORKFLOW(executionId: string, context: RemoteCommandContext): unknown;
  /** Holds an execution; the same again lets it go on. */
  PAUSE_WORKFLOW(executionId: string, context: RemoteCommandContext): unknown;
  /** Runs an agent over data. */
  EXECUTE_AGENT(agentId: string, data: Record<string, unknown>, context: RemoteCommandContext): unknown;
  /** Ends an agent's execution. */
  CANCEL_AGENT(executionId: string, context: RemoteCommandContext): unknown;
  /** Says more of what the dashboard does. */
  ENABLE_DEBUG_MODE(context: RemoteCommandContext): unknown;
  /** Ends debug mode. */
  DISABLE_DEBUG_MODE(context: RemoteCommandContext): unknown;
  /** Returns what an engineer needs to find a fault. */
  COLLECT_DIAGNOSTICS(context: RemoteCommandContext): unknown;
  /** Restarts the dashboard's services. */
  RESTART_SERVICES(context: RemoteCommandContext): unknown;
}

/** Which members of the payload a command's function takes, in order; `{}` stands in for one that may be left out. */
const PARAMETERS: Record<RemoteCommandName, readonly (readonly [name: string, optional?: "optional"])[]> = {
  INGEST_DATA: [["source"], ["params", "optional"]],
  EXECUTE_WORKFLOW: [["workflowId"], ["context", "optional"]],
  NAVIGATE_TAB: [["tabId"]],
  REFRESH_DATA: [],
  EXPORT_DATA: [["format"]],
  CLEAR_DATA: [],
  OPEN_MODAL: [["modalId"]],
  CLOSE_ALL_MODALS: [],
  START_WORKFLOW: [["workflowId"]],
  STOP_WORKFLOW: [["executionId"]],
  PAUSE_WORKFLOW: [["executionId"]],
  EXECUTE_AGENT: [["agentId"], ["data", "optional"]],
  CANCEL_AGENT: [["executionId"]],
  ENABLE_DEBUG_MODE: [],
  DISABLE_DEBUG_MODE: [],
  COLLECT_DIAGNOSTICS: [],
  RESTART_SERVICES: [],
};

/** What a {@link RemoteControl} needs of the service. */
export interface CommandRegistry {
  /** Declares a command and handles it. */
  onCommand(declaration: CommandDeclaration, handler: CommandHandler): Unsubscribe;
}

/** Maps the plan's commands to the dashboard's functions, and declares those that have one. */
export class RemoteControl {
  readonly #removals: Unsubscribe[] = [];

  /**
   * @param service that receives the commands
   * @param commands the functions; commands without one are not declared
   * @param changes to the catalogue's declarations, such as a payload schema that lists the dashboard's own tabs
   */
  constructor(
    service: CommandRegistry,
    commands: Partial<RemoteCommands>,
    changes: Partial<Record<RemoteCommandName, DeclarationChanges>> = {},
  ) {
    for (const name of Object.keys(COMMANDS) as RemoteCommandName[]) {
      if (!commands[name]) continue;
      const run = commands[name].bind(commands) as (...values: unknown[]) => unknown;
      const handler: CommandHandler = (command, context) =>
        run(...parameters(name, command), { ...context, command } satisfies RemoteCommandContext);
      this.#removals.push(service.onCommand({ ...COMMANDS[name], ...changes[name] }, handler));
    }
  }

  /** Takes the commands back. */
  dispose(): void {
    for (const remove of this.#removals.splice(0)) remove();
  }
}

/** The hub checks payloads against their schemas; this is for a hub that did not. */
function parameters(name: RemoteCommandName, { payload }: Command): unknown[] {
  const members = (typeof payload === "object" && payload !== null ? payload : {}) as Record<string, unknown>;
  return PARAMETERS[name].map(([member, optional]) => {
    const value = members[member];
    if (optional) return typeof value === "object" && value !== null ? value : {};
    if (typeof value !== "string" || value === "") throw new TypeError(`payload.${member} must be a text`);
    return value;
  });
}
