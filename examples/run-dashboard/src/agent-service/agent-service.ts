import type { Job, StartJob } from "../analysis/job";
import type { Actor } from "../dashboard-state/actor";
import type { Dataset } from "../dashboard-state/dataset";
import { newId } from "../dashboard-state/identifiers";
import { agentOf } from "./agents";
import type { AgentFindings, AgentRequest } from "./findings";

/** Agents that work at a time; the others wait. */
const AT_A_TIME = 1;
/** Runs that are remembered. */
const REMEMBERED = 50;

/** Where a run stands. The last three are its end. */
export type AgentRunState = "waiting" | "running" | "succeeded" | "failed" | "cancelled";

/** One run of an agent. */
export interface AgentRun {
  readonly id: string;
  readonly agentId: string;
  readonly name: string;
  readonly state: AgentRunState;
  readonly startedBy: Actor;
  /** In ms since 1970. */
  readonly askedAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** Part done, 0 to 1. */
  readonly progress: number;
  readonly findings: AgentFindings | null;
  readonly error: string | null;
  readonly cancelledBy: Actor | null;
}

/** Starts the jobs of agents. */
export type StartAgentJob = StartJob<AgentRequest, number, AgentFindings>;

/** Told whenever a run changes. */
export type OnAgentRun = (run: AgentRun, before: AgentRun | null) => void;

interface Entry {
  run: AgentRun;
  readonly request: AgentRequest;
  job: Job<AgentFindings> | null;
  readonly ended: Promise<AgentRun>;
  readonly settle: (run: AgentRun) => void;
}

/** Lets agents work in workers, in the order they were asked. */
export class AgentService {
  readonly #entries = new Map<string, Entry>();

  constructor(
    private readonly startJob: StartAgentJob,
    private readonly onRun: OnAgentRun,
  ) {}

  /** Runs that wait. */
  get queueLength(): number {
    return [...this.#entries.values()].filter(({ run }) => run.state === "waiting").length;
  }

  /** Asks an agent to look at `dataset`. */
  execute(agentId: string, dataset: Dataset, data: Readonly<Record<string, unknown>>, by: Actor): AgentRun {
    const agent = agentOf(agentId);
    const run: AgentRun = {
      id: newId("agent"),
      agentId,
      name: agent.title,
      state: "waiting",
      startedBy: by,
      askedAt: Date.now(),
      startedAt: null,
      endedAt: null,
      progress: 0,
      findings: null,
      error: null,
      cancelledBy: null,
    };
    let settle: (run: AgentRun) => void = () => {};
    const ended = new Promise<AgentRun>((resolve) => {
      settle = resolve;
    });
    this.#entries.set(run.id, { run, request: { agentId, dataset, data }, job: null, ended, settle });
    this.#forget();
    this.onRun(run, null);
    this.#next();
    return this.#entry(run.id).run;
  }

  /** Resolves with the run when it is at its end, however it ended. */
  ended(runId: string): Promise<AgentRun> {
    return this.#entry(runId).ended;
  }

  /** Ends a run that waits or works. */
  cancel(runId: string, by: Actor, reason: string | null = null): AgentRun {
    const entry = this.#entry(runId);
    if (isOver(entry.run)) throw new Error(`${runId} has ${entry.run.state} already`);
    entry.job?.terminate();
    return this.#change(entry, { state: "cancelled", endedAt: Date.now(), cancelledBy: by, error: reason });
  }

  /** Ends all runs; returns how many. */
  cancelAll(by: Actor, reason: string): number {
    const open = [...this.#entries.values()].filter(({ run }) => !isOver(run));
    for (const { run } of open.reverse()) this.cancel(run.id, by, reason);
    return open.length;
  }

  #entry(runId: string): Entry {
    const entry = this.#entries.get(runId);
    if (entry) return entry;
    const known = [...this.#entries.keys()].slice(-5).join(", ");
    throw new Error(
      `there is no execution "${runId}"; ${known ? `the latest are ${known}` : "no agent has run yet"}`,
    );
  }

  #next(): void {
    const entries = [...this.#entries.values()];
    let working = entries.filter(({ run }) => run.state === "running").length;
    for (const entry of entries) {
      if (working >= AT_A_TIME) return;
      if (entry.run.state !== "waiting") continue;
      working += 1;
      this.#work(entry);
    }
  }

  #work(entry: Entry): void {
    this.#change(entry, { state: "running", startedAt: Date.now() });
    const job = this.startJob(entry.request, (progress) => {
      if (entry.run.state === "running") this.#change(entry, { progress });
    });
    entry.job = job;
    job.result.then(
      (findings) => this.#end(entry, { state: "succeeded", progress: 1, findings }),
      (error) => this.#end(entry, { state: "failed", error: (error as Error).message }),
    );
  }

  #end(entry: Entry, how: Partial<AgentRun>): void {
    if (entry.run.state === "running") this.#change(entry, { ...how, endedAt: Date.now() });
  }

  #change(entry: Entry, change: Partial<AgentRun>): AgentRun {
    const before = entry.run;
    entry.run = { ...before, ...change };
    this.onRun(entry.run, before);
    if (isOver(entry.run) && !isOver(before)) {
      entry.job = null;
      entry.settle(entry.run);
      this.#next();
    }
    return entry.run;
  }

  #forget(): void {
    for (const [id, { run }] of this.#entries) {
      if (this.#entries.size <= REMEMBERED) return;
      if (isOver(run)) this.#entries.delete(id);
    }
  }
}

/** Whether a run is at its end. */
export function isOver({ state }: Pick<AgentRun, "state">): boolean {
  return state === "succeeded" || state === "failed" || state === "cancelled";
}
