import type { Command } from "../protocol/index.js";

/** What a handler has beside the command. */
export interface CommandContext {
  /**
   * Aborted when the operator cancels the command, when its time is up, and when the dashboard says goodbye. A handler
   * that then throws has been cancelled.
   */
  readonly signal: AbortSignal;
  /**
   * Tells the operator how far the command is. `fraction` goes from 0 to 1; `message` is a few words. Call it as often as
   * you like: at most ten a second are sent.
   */
  progress(fraction: number, message?: string): void;
}

/**
 * Does what a command says, and returns what the operator is to see: any JSON, a `Blob`, or nothing. What it throws, or
 * rejects with, becomes the operator's error message.
 */
export type CommandHandler = (command: Command, context: CommandContext) => unknown;
