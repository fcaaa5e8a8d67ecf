import { type AgentRun, isOver } from "../../agent-service/agent-service";
import { AGENTS } from "../../agent-service/agents";
import { describeActor, USER } from "../../dashboard-state/actor";
import { EmptyState } from "../components/EmptyState";
import { ProgressBar } from "../components/ProgressBar";
import { AGENT_TONES, StatusMark } from "../components/StatusMark";
import { useDashboard, useDashboardState } from "../dashboard-context";
import { formatDuration, formatTime } from "../format";

/** Who can look at the data, and what they made of it. */
export function AgentsTab() {
  const dashboard = useDashboard();
  const hasData = useDashboardState(({ data }) => data.dataset !== null);
  const runs = useDashboardState((state) => state.agentRuns);
  return (
    <div className="split">
      <section className="card" aria-label="Agents">
        <h2>Agents</h2>
        {!hasData && <p className="dim">Ingest data first: agents look at it.</p>}
        <div>
          {AGENTS.map(({ id, title, about }) => (
            <div key={id} className="offer">
              <div className="row">
                <b className="grow">{title}</b>
                <button
                  type="button"
                  className="button small"
                  disabled={!hasData}
                  data-testid={`execute-${id}`}
                  onClick={() => dashboard.executeAgent(id, USER)}
                >
                  Execute
                </button>
              </div>
              <span className="dim">{about}</span>
            </div>
          ))}
        </div>
      </section>
      <section className="card" aria-label="Runs">
        <h2>Results</h2>
        {runs.length === 0 ? (
          <EmptyState title="None yet">What agents find appears here.</EmptyState>
        ) : (
          <ol className="runs">
            {runs.map((run) => (
              <AgentRunItem key={run.id} run={run} />
            ))}
          </ol>
        )}
      </section>
    </div>
  );
}

function AgentRunItem({ run }: { run: AgentRun }) {
  const dashboard = useDashboard();
  const { id, agentId, name, state, startedBy, cancelledBy, askedAt, startedAt, endedAt, findings, error } =
    run;
  return (
    <li data-testid="agent-run" data-id={id} data-agent={agentId} data-state={state}>
      <div className="row">
        <StatusMark tone={AGENT_TONES[state]} />
        <b>{name}</b>
        <span className="mono faint">{id}</span>
        <span className="dim grow cut">
          {state}
          {cancelledBy && ` by ${describeActor(cancelledBy)}`} · {formatTime(askedAt)} by{" "}
          {describeActor(startedBy)}
          {startedAt && endedAt ? ` · took ${formatDuration(endedAt - startedAt)}` : ""}
        </span>
        {findings && <b>score {findings.score.toFixed(3)}</b>}
        {!isOver(run) && (
          <button type="button" className="button small" onClick={() => dashboard.cancelAgent(id, USER)}>
            Cancel
          </button>
        )}
      </div>
      {!isOver(run) && <ProgressBar part={run.progress} label={name} />}
      {findings && (
        <ul className="dim">
          {findings.insights.map((insight) => (
            <li key={insight}>{insight}</li>
          ))}
        </ul>
      )}
      {error && <p>{error}</p>}
    </li>
  );
}
