import { COMMANDS, type DeclarationChanges, type RemoteCommandName } from "@mission-control/sdk";
import { AGENTS } from "../agent-service/agents";
import { EXPORT_FORMATS } from "../dashboard-state/export";
import { SOURCES } from "../dashboard-state/source";
import { MODALS, TABS } from "../dashboard-state/store";
import { WORKFLOWS } from "../workflow-engine/workflows";

/** What this dashboard knows better than the catalogue: which tabs, dialogs, workflows and agents there are. */
export const DECLARATIONS: Partial<Record<RemoteCommandName, DeclarationChanges>> = {
  INGEST_DATA: field("INGEST_DATA", "source", {
    description: `A source of this dashboard (${SOURCES.map(({ id }) => id).join(", ")}) or an http(s) address.`,
  }),
  NAVIGATE_TAB: field("NAVIGATE_TAB", "tabId", { enum: TABS }),
  OPEN_MODAL: field("OPEN_MODAL", "modalId", { enum: MODALS }),
  EXPORT_DATA: field("EXPORT_DATA", "format", { enum: EXPORT_FORMATS }),
  EXECUTE_WORKFLOW: field("EXECUTE_WORKFLOW", "workflowId", { enum: WORKFLOWS.map(({ id }) => id) }),
  START_WORKFLOW: field("START_WORKFLOW", "workflowId", { enum: WORKFLOWS.map(({ id }) => id) }),
  EXECUTE_AGENT: field("EXECUTE_AGENT", "agentId", { enum: AGENTS.map(({ id }) => id) }),
};

/** The catalogue's payload schema of a command with one of its fields told more exactly. */
function field(command: RemoteCommandName, name: string, more: object): DeclarationChanges {
  const schema = COMMANDS[command].payloadSchema as { properties: Record<string, object> };
  const properties = { ...schema.properties, [name]: { ...schema.properties[name], ...more } };
  return { payloadSchema: JSON.parse(JSON.stringify({ ...schema, properties })) };
}
