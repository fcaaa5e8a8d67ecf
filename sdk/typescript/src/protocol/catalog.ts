// Written by `cargo xtask generate` from the protocol crate. Do not edit.

import type { CommandDeclaration } from "./CommandDeclaration.js";

/** Ingest data: Loads data from a source into the dashboard. */
export const INGEST_DATA: CommandDeclaration = {
  "type": "INGEST_DATA",
  "title": "Ingest data",
  "description": "Loads data from a source into the dashboard.",
  "payloadSchema": {
    "additionalProperties": false,
    "properties": {
      "params": {
        "properties": {
          "limit": {
            "description": "Records to ingest at most.",
            "maximum": 10000000,
            "minimum": 1,
            "title": "At most",
            "type": "integer"
          },
          "mode": {
            "default": "append",
            "enum": [
              "append",
              "replace"
            ],
            "title": "Mode",
            "type": "string"
          }
        },
        "title": "Parameters",
        "type": "object"
      },
      "source": {
        "description": "Name of a configured source, a file or a URL.",
        "minLength": 1,
        "title": "Source",
        "type": "string"
      }
    },
    "required": [
      "source"
    ],
    "type": "object"
  },
  "hazard": "none"
};

/** Execute workflow: Runs a workflow to its end. */
export const EXECUTE_WORKFLOW: CommandDeclaration = {
  "type": "EXECUTE_WORKFLOW",
  "title": "Execute workflow",
  "description": "Runs a workflow to its end.",
  "payloadSchema": {
    "additionalProperties": false,
    "properties": {
      "context": {
        "description": "Values handed to the workflow.",
        "title": "Context",
        "type": "object"
      },
      "workflowId": {
        "description": "Id of the workflow.",
        "minLength": 1,
        "title": "Workflow",
        "type": "string"
      }
    },
    "required": [
      "workflowId"
    ],
    "type": "object"
  },
  "hazard": "none"
};

/** Go to tab: Brings a tab to the front for everyone who watches the dashboard. */
export const NAVIGATE_TAB: CommandDeclaration = {
  "type": "NAVIGATE_TAB",
  "title": "Go to tab",
  "description": "Brings a tab to the front for everyone who watches the dashboard.",
  "payloadSchema": {
    "additionalProperties": false,
    "properties": {
      "tabId": {
        "minLength": 1,
        "title": "Tab",
        "type": "string"
      }
    },
    "required": [
      "tabId"
    ],
    "type": "object"
  },
  "hazard": "disruptive"
};

/** Refresh data: Loads the current source again. */
export const REFRESH_DATA: CommandDeclaration = {
  "type": "REFRESH_DATA",
  "title": "Refresh data",
  "description": "Loads the current source again.",
  "payloadSchema": {
    "additionalProperties": false,
    "properties": {},
    "required": [],
    "type": "object"
  },
  "hazard": "none"
};

/** Export data: Returns the dashboard's data in the format asked for. */
export const EXPORT_DATA: CommandDeclaration = {
  "type": "EXPORT_DATA",
  "title": "Export data",
  "description": "Returns the dashboard's data in the format asked for.",
  "payloadSchema": {
    "additionalProperties": false,
    "properties": {
      "format": {
        "default": "json",
        "enum": [
          "json",
          "csv",
          "ndjson"
        ],
        "title": "Format",
        "type": "string"
      }
    },
    "required": [
      "format"
    ],
    "type": "object"
  },
  "hazard": "none"
};

/** Clear data: Removes all data from the dashboard. */
export const CLEAR_DATA: CommandDeclaration = {
  "type": "CLEAR_DATA",
  "title": "Clear data",
  "description": "Removes all data from the dashboard.",
  "payloadSchema": {
    "additionalProperties": false,
    "properties": {},
    "required": [],
    "type": "object"
  },
  "hazard": "destructive"
};

/** Open dialog: Opens a dialog for everyone who watches the dashboard. */
export const OPEN_MODAL: CommandDeclaration = {
  "type": "OPEN_MODAL",
  "title": "Open dialog",
  "description": "Opens a dialog for everyone who watches the dashboard.",
  "payloadSchema": {
    "additionalProperties": false,
    "properties": {
      "modalId": {
        "minLength": 1,
        "title": "Dialog",
        "type": "string"
      }
    },
    "required": [
      "modalId"
    ],
    "type": "object"
  },
  "hazard": "disruptive"
};

/** Close all dialogs: Closes every open dialog. */
export const CLOSE_ALL_MODALS: CommandDeclaration = {
  "type": "CLOSE_ALL_MODALS",
  "title": "Close all dialogs",
  "description": "Closes every open dialog.",
  "payloadSchema": {
    "additionalProperties": false,
    "properties": {},
    "required": [],
    "type": "object"
  },
  "hazard": "disruptive"
};

/** Start workflow: Starts a workflow and returns its execution at once. */
export const START_WORKFLOW: CommandDeclaration = {
  "type": "START_WORKFLOW",
  "title": "Start workflow",
  "description": "Starts a workflow and returns its execution at once.",
  "payloadSchema": {
    "additionalProperties": false,
    "properties": {
      "workflowId": {
        "description": "Id of the workflow.",
        "minLength": 1,
        "title": "Workflow",
        "type": "string"
      }
    },
    "required": [
      "workflowId"
    ],
    "type": "object"
  },
  "hazard": "none"
};

/** Stop workflow: Ends a running execution for good. */
export const STOP_WORKFLOW: CommandDeclaration = {
  "type": "STOP_WORKFLOW",
  "title": "Stop workflow",
  "description": "Ends a running execution for good.",
  "payloadSchema": {
    "additionalProperties": false,
    "properties": {
      "executionId": {
        "description": "Id of the execution, as the dashboard reported it when it started.",
        "minLength": 1,
        "title": "Execution",
        "type": "string"
      }
    },
    "required": [
      "executionId"
    ],
    "type": "object"
  },
  "hazard": "disruptive"
};

/** Pause workflow: Holds a running execution; the same command again lets it go on. */
export const PAUSE_WORKFLOW: CommandDeclaration = {
  "type": "PAUSE_WORKFLOW",
  "title": "Pause workflow",
  "description": "Holds a running execution; the same command again lets it go on.",
  "payloadSchema": {
    "additionalProperties": false,
    "properties": {
      "executionId": {
        "description": "Id of the execution, as the dashboard reported it when it started.",
        "minLength": 1,
        "title": "Execution",
        "type": "string"
      }
    },
    "required": [
      "executionId"
    ],
    "type": "object"
  },
  "hazard": "none"
};

/** Execute agent: Runs an agent over the data given. */
export const EXECUTE_AGENT: CommandDeclaration = {
  "type": "EXECUTE_AGENT",
  "title": "Execute agent",
  "description": "Runs an agent over the data given.",
  "payloadSchema": {
    "additionalProperties": false,
    "properties": {
      "agentId": {
        "minLength": 1,
        "title": "Agent",
        "type": "string"
      },
      "data": {
        "description": "What the agent is to work on.",
        "title": "Data",
        "type": "object"
      }
    },
    "required": [
      "agentId"
    ],
    "type": "object"
  },
  "hazard": "none"
};

/** Cancel agent: Ends a waiting or running agent execution. */
export const CANCEL_AGENT: CommandDeclaration = {
  "type": "CANCEL_AGENT",
  "title": "Cancel agent",
  "description": "Ends a waiting or running agent execution.",
  "payloadSchema": {
    "additionalProperties": false,
    "properties": {
      "executionId": {
        "description": "Id of the execution, as the dashboard reported it when it started.",
        "minLength": 1,
        "title": "Execution",
        "type": "string"
      }
    },
    "required": [
      "executionId"
    ],
    "type": "object"
  },
  "hazard": "none"
};

/** Enable debug mode: Makes the dashboard say more of what it does. */
export const ENABLE_DEBUG_MODE: CommandDeclaration = {
  "type": "ENABLE_DEBUG_MODE",
  "title": "Enable debug mode",
  "description": "Makes the dashboard say more of what it does.",
  "payloadSchema": {
    "additionalProperties": false,
    "properties": {},
    "required": [],
    "type": "object"
  },
  "hazard": "none"
};

/** Disable debug mode: Ends debug mode. */
export const DISABLE_DEBUG_MODE: CommandDeclaration = {
  "type": "DISABLE_DEBUG_MODE",
  "title": "Disable debug mode",
  "description": "Ends debug mode.",
  "payloadSchema": {
    "additionalProperties": false,
    "properties": {},
    "required": [],
    "type": "object"
  },
  "hazard": "none"
};

/** Collect diagnostics: Returns what an engineer needs to find a fault. */
export const COLLECT_DIAGNOSTICS: CommandDeclaration = {
  "type": "COLLECT_DIAGNOSTICS",
  "title": "Collect diagnostics",
  "description": "Returns what an engineer needs to find a fault.",
  "payloadSchema": {
    "additionalProperties": false,
    "properties": {},
    "required": [],
    "type": "object"
  },
  "hazard": "none"
};

/** Restart services: Restarts the dashboard's services; running work is lost. */
export const RESTART_SERVICES: CommandDeclaration = {
  "type": "RESTART_SERVICES",
  "title": "Restart services",
  "description": "Restarts the dashboard's services; running work is lost.",
  "payloadSchema": {
    "additionalProperties": false,
    "properties": {},
    "required": [],
    "type": "object"
  },
  "hazard": "destructive"
};

/** All commands of the plan, in its order. */
export const COMMANDS = {
  INGEST_DATA,
  EXECUTE_WORKFLOW,
  NAVIGATE_TAB,
  REFRESH_DATA,
  EXPORT_DATA,
  CLEAR_DATA,
  OPEN_MODAL,
  CLOSE_ALL_MODALS,
  START_WORKFLOW,
  STOP_WORKFLOW,
  PAUSE_WORKFLOW,
  EXECUTE_AGENT,
  CANCEL_AGENT,
  ENABLE_DEBUG_MODE,
  DISABLE_DEBUG_MODE,
  COLLECT_DIAGNOSTICS,
  RESTART_SERVICES,
};
