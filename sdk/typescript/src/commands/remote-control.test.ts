import { expect, test } from "vitest";
import { COMMANDS } from "../protocol/catalog.js";
import type { Command, CommandDeclaration } from "../protocol/index.js";
import type { CommandContext, CommandHandler } from "./context.js";
import { type RemoteCommandContext, RemoteControl } from "./remote-control.js";

class Registry {
  readonly declared = new Map<string, { declaration: CommandDeclaration; handler: CommandHandler }>();

  onCommand(declaration: CommandDeclaration, handler: CommandHandler) {
    this.declared.set(declaration.type, { declaration, handler });
    return () => this.declared.delete(declaration.type);
  }
}

const context: CommandContext = { signal: new AbortController().signal, progress: () => {} };
const command = (type: string, payload: object) => ({ id: "c-1", type, payload, issuedBy: "ada" }) as Command;

test("a command's function is told its parameters, and then who issued the command", () => {
  const registry = new Registry();
  const seen: unknown[] = [];
  new RemoteControl(registry, {
    NAVIGATE_TAB: (tabId, { command, signal }: RemoteCommandContext) => {
      seen.push(tabId, command.issuedBy, signal === context.signal);
    },
  });
  registry.declared.get("NAVIGATE_TAB")?.handler(command("NAVIGATE_TAB", { tabId: "data" }), context);
  expect(seen).toEqual(["data", "ada", true]);
});

test("a declaration takes the dashboard's changes and keeps the rest of the catalogue's", () => {
  const registry = new Registry();
  const payloadSchema = {
    type: "object",
    required: ["tabId"],
    properties: { tabId: { enum: ["overview", "data"] } },
  };
  new RemoteControl(
    registry,
    { NAVIGATE_TAB: () => {}, REFRESH_DATA: () => {} },
    { NAVIGATE_TAB: { payloadSchema }, CLEAR_DATA: { title: "never declared" } },
  );
  expect([...registry.declared.keys()]).toEqual(["NAVIGATE_TAB", "REFRESH_DATA"]);
  expect(registry.declared.get("NAVIGATE_TAB")?.declaration).toEqual({
    ...COMMANDS.NAVIGATE_TAB,
    payloadSchema,
  });
  expect(registry.declared.get("REFRESH_DATA")?.declaration).toEqual(COMMANDS.REFRESH_DATA);
});

test("disposed of, it takes its commands back", () => {
  const registry = new Registry();
  const control = new RemoteControl(registry, { REFRESH_DATA: () => {} });
  control.dispose();
  expect(registry.declared.size).toBe(0);
});
