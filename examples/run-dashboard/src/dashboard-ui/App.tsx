import { type ComponentType, Profiler, useEffect, useRef, useState } from "react";
import { isOver } from "../agent-service/agent-service";
import { USER } from "../dashboard-state/actor";
import { TABS, type TabId } from "../dashboard-state/store";
import { hasEnded } from "../workflow-engine/machine";
import { DebugLog } from "./DebugLog";
import { useDashboard, useDashboardState } from "./dashboard-context";
import { Header } from "./Header";
import { IngestionStatus } from "./IngestionStatus";
import { Modals } from "./modals/Modals";
import { Notices } from "./Notices";
import { OperatorToasts } from "./OperatorToasts";
import { ActivityTab } from "./tabs/ActivityTab";
import { AgentsTab } from "./tabs/AgentsTab";
import { DataTab } from "./tabs/DataTab";
import { OverviewTab } from "./tabs/OverviewTab";
import { SettingsTab } from "./tabs/SettingsTab";
import { WorkflowsTab } from "./tabs/WorkflowsTab";

const PANELS: Record<TabId, { title: string; Panel: ComponentType }> = {
  overview: { title: "Overview", Panel: OverviewTab },
  data: { title: "Data", Panel: DataTab },
  workflows: { title: "Workflows", Panel: WorkflowsTab },
  agents: { title: "Agents", Panel: AgentsTab },
  activity: { title: "Activity", Panel: ActivityTab },
  settings: { title: "Settings", Panel: SettingsTab },
};

/** The whole dashboard. `onRender` hears how long each rendering took, in milliseconds. */
export function App({ onRender }: { onRender?: (milliseconds: number) => void }) {
  const tab = useDashboardState((state) => state.tab);
  const hasModal = useDashboardState(({ modals }) => modals.length > 0);
  const ingestionOpen = useDashboardState(({ modals }) => modals.includes("ingest"));
  const { Panel, title } = PANELS[tab];
  return (
    <Profiler id="dashboard" onRender={(_id, _phase, duration) => onRender?.(duration)}>
      <div className="app" inert={hasModal}>
        <Header />
        <Tabs />
        <main className="main">
          <div className="notices">
            <Notices />
            {!ingestionOpen && <IngestionStatus />}
          </div>
          <div className="panel" role="tabpanel" aria-label={title} data-testid={`panel-${tab}`}>
            <Panel />
          </div>
        </main>
        <DebugLog />
      </div>
      <Modals />
      <OperatorToasts />
      <DropTarget />
    </Profiler>
  );
}

function Tabs() {
  const dashboard = useDashboard();
  const tab = useDashboardState((state) => state.tab);
  const workflows = useDashboardState(({ executions }) => executions.filter((one) => !hasEnded(one)).length);
  const agents = useDashboardState(({ agentRuns }) => agentRuns.filter((one) => !isOver(one)).length);
  const counts: Partial<Record<TabId, number>> = { workflows, agents };
  const list = useRef<HTMLDivElement>(null);
  const onKeyDown = (event: React.KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    const at = (TABS.indexOf(tab) + step + TABS.length) % TABS.length;
    dashboard.navigateTab(TABS[at] ?? tab);
    list.current?.querySelectorAll("button")[at]?.focus();
  };
  return (
    <div ref={list} className="tabs" role="tablist" aria-label="Views" onKeyDown={onKeyDown}>
      {TABS.map((id) => (
        <button
          key={id}
          type="button"
          role="tab"
          aria-selected={id === tab}
          tabIndex={id === tab ? 0 : -1}
          data-testid={`tab-${id}`}
          onClick={() => dashboard.navigateTab(id)}
        >
          {PANELS[id].title}
          {(counts[id] ?? 0) > 0 && <span className="count">{counts[id]}</span>}
        </button>
      ))}
    </div>
  );
}

/** Takes files that are dropped anywhere. */
function DropTarget() {
  const dashboard = useDashboard();
  const [over, setOver] = useState(false);
  useEffect(() => {
    const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    const onOver = (event: DragEvent) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      setOver(true);
    };
    const onLeave = (event: DragEvent) => {
      if (event.relatedTarget === null) setOver(false);
    };
    const onDrop = (event: DragEvent) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      setOver(false);
      const [file] = event.dataTransfer?.files ?? [];
      if (!file) return;
      // What goes wrong is shown by the ingestion.
      dashboard.ingestData({ kind: "file", name: file.name, file }, USER, { mode: "replace" }).then(
        () => dashboard.closeModal("ingest"),
        () => {},
      );
    };
    addEventListener("dragover", onOver);
    addEventListener("dragleave", onLeave);
    addEventListener("drop", onDrop);
    return () => {
      removeEventListener("dragover", onOver);
      removeEventListener("dragleave", onLeave);
      removeEventListener("drop", onDrop);
    };
  }, [dashboard]);
  return over ? <div className="drop-here">Drop the file to ingest it</div> : null;
}
