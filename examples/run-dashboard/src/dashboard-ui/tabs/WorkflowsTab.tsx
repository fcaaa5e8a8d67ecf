import { useState } from "react";
import { describeActor, USER } from "../../dashboard-state/actor";
import type { Tone } from "../../dashboard-state/store";
import { type Execution, hasEnded } from "../../workflow-engine/machine";
import { WORKFLOWS } from "../../workflow-engine/workflows";
import { EmptyState } from "../components/EmptyState";
import { ProgressBar } from "../components/ProgressBar";
import { EXECUTION_TONES, StatusMark } from "../components/StatusMark";
import { WorkflowReportView } from "../components/WorkflowReportView";
import { useDashboard, useDashboardState } from "../dashboard-context";
import { formatDuration, formatTime } from "../format";

/** What can be run, and what was. */
export function WorkflowsTab() {
  const dashboard = useDashboard();
  const hasData = useDashboardState(({ data }) => data.dataset !== null);
  const executions = useDashboardState((state) => state.executions);
  return (
    <div className="split">
      <section className="card" aria-label="Workflows">
        <h2>Workflows</h2>
        {!hasData && <p className="dim">Ingest data first: workflows run over it.</p>}
        <div>
          {WORKFLOWS.map(({ id, title, about, steps }) => (
            <div key={id} className="offer">
              <div className="row">
                <b className="grow">{title}</b>
                <button
                  type="button"
                  className="button small"
                  disabled={!hasData}
                  data-testid={`start-${id}`}
                  onClick={() => dashboard.startWorkflow(id, USER)}
                >
                  Start
                </button>
              </div>
              <span className="dim">{about}</span>
              <span className="faint">{steps.map((step) => step.title).join(" → ")}</span>
            </div>
          ))}
        </div>
      </section>
      <section className="card" aria-label="Executions">
        <h2>Executions</h2>
        {executions.length === 0 ? (
          <EmptyState title="None yet">What is started appears here, with its steps.</EmptyState>
        ) : (
          <ol className="runs">
            {executions.map((execution) => (
              <ExecutionItem key={execution.id} execution={execution} />
            ))}
          </ol>
        )}
      </section>
    </div>
  );
}

function ExecutionItem({ execution }: { execution: Execution }) {
  const dashboard = useDashboard();
  const { id, name, state, startedBy, askedAt, startedAt, endedAt, heldBy, progress, error, report } =
    execution;
  const [open, setOpen] = useState(false);
  const active = state === "running" || state === "paused";
  return (
    <li data-testid="execution" data-id={id} data-workflow={execution.workflowId} data-state={state}>
      <div className="row">
        <StatusMark tone={EXECUTION_TONES[state]} />
        <b>{name}</b>
        <span className="mono faint">{id}</span>
        <span className="dim grow cut">
          {state}
          {heldBy && ` by ${describeActor(heldBy)}`} · {formatTime(askedAt)} by {describeActor(startedBy)}
          {startedAt && endedAt ? ` · took ${formatDuration(endedAt - startedAt)}` : ""}
        </span>
        {active && (
          <button type="button" className="button small" onClick={() => dashboard.pauseWorkflow(id, USER)}>
            {state === "paused" ? "Resume" : "Pause"}
          </button>
        )}
        {!hasEnded(execution) && (
          <button type="button" className="button small" onClick={() => dashboard.stopWorkflow(id, USER)}>
            Stop
          </button>
        )}
        {report && (
          <button type="button" className="button small" aria-expanded={open} onClick={() => setOpen(!open)}>
            {open ? "Hide report" : "Report"}
          </button>
        )}
        {state === "failed" && (
          <button
            type="button"
            className="button small"
            onClick={() => dashboard.startWorkflow(execution.workflowId, USER)}
          >
            Retry
          </button>
        )}
      </div>
      {!hasEnded(execution) && <ProgressBar part={progress} label={name} />}
      <ol className="steps">
        {execution.steps.map(({ title, summary, fraction }, index) => (
          <li key={title}>
            <StatusMark tone={stepTone(execution, index)} />
            <span className="dim">{title}</span>
            <span className="faint cut" title={summary ?? undefined}>
              {summary ?? (fraction > 0 && active ? `${Math.round(fraction * 100)} %` : "")}
            </span>
          </li>
        ))}
      </ol>
      {error && <p>{error}</p>}
      {open && report && <WorkflowReportView report={report} />}
    </li>
  );
}

/** The mark of a step: of what failed or runs, the first that has not come to anything. */
function stepTone({ state, steps }: Execution, index: number): Tone {
  if (steps[index]?.summary != null) return "normal";
  if (steps.findIndex(({ summary }) => summary === null) !== index) return "off";
  if (state === "failed") return "critical";
  return state === "running" ? "standby" : state === "paused" ? "caution" : "off";
}
