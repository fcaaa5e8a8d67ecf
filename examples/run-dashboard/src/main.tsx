import { createRoot } from "react-dom/client";
import { jobsInWorkers } from "./analysis/job";
import { Dashboard } from "./dashboard-state/dashboard";
import { ingestInWorker } from "./dashboard-state/ingest-job";
import { createDashboardStore } from "./dashboard-state/store";
import { initialTheme } from "./dashboard-ui/Header";
import { Root } from "./dashboard-ui/Root";
import { readConnectionSettings, storeConnectionSettings } from "./mission-control/connection-settings";
import "./dashboard-ui/style.css";
import "./dashboard-ui/layout.css";

document.documentElement.dataset.theme = initialTheme();

const connection = readConnectionSettings(location.hash, localStorage, import.meta.env);
storeConnectionSettings(connection, localStorage);
// The token must not stay in the address, from where it would be shared with the link.
if (location.hash) history.replaceState(null, "", location.pathname + location.search);

const dashboard = new Dashboard({
  store: createDashboardStore(),
  runIngestion: ingestInWorker,
  startWorkflowJob: jobsInWorkers(
    () => new Worker(new URL("./workflow-engine/workflow.worker.ts", import.meta.url), { type: "module" }),
  ),
  startAgentJob: jobsInWorkers(
    () => new Worker(new URL("./agent-service/agent.worker.ts", import.meta.url), { type: "module" }),
  ),
  baseUrl: document.baseURI.replace(/#.*$/, ""),
});

const root = document.getElementById("root");
if (root) createRoot(root).render(<Root dashboard={dashboard} initial={connection} />);
