import type { AgentRunState } from "../../agent-service/agent-service";
import type { Tone } from "../../dashboard-state/store";
import type { ExecutionState } from "../../workflow-engine/machine";

/** A shape for each status, for those to whom colours say nothing, in a square of 12. */
const SHAPES: Record<Tone, { d: string; outline?: boolean }> = {
  critical: { d: "M6 .8 11.6 11H.4z" },
  serious: { d: "M6 0l6 6-6 6-6-6z" },
  caution: { d: "M1.5 1.5h9v9h-9z" },
  normal: { d: "M6 1a5 5 0 1 1 0 10A5 5 0 1 1 6 1z" },
  standby: { d: "M6 1.8a4.2 4.2 0 1 1 0 8.4 4.2 4.2 0 1 1 0-8.4z", outline: true },
  off: { d: "M1 6h10", outline: true },
};

/** A status by shape and colour; the words stand beside it. */
export function StatusMark({ tone }: { tone: Tone }) {
  const { d, outline } = SHAPES[tone];
  const colour = `var(--${tone})`;
  return (
    <svg className="mark" viewBox="0 0 12 12" aria-hidden="true">
      <path d={d} fill={outline ? "none" : colour} stroke={outline ? colour : "none"} strokeWidth={2} />
    </svg>
  );
}

/** The mark of an execution's state. */
export const EXECUTION_TONES: Record<ExecutionState, Tone> = {
  queued: "off",
  running: "standby",
  paused: "caution",
  completed: "normal",
  failed: "critical",
  stopped: "off",
};

/** The mark of an agent's state. */
export const AGENT_TONES: Record<AgentRunState, Tone> = {
  waiting: "off",
  running: "standby",
  succeeded: "normal",
  failed: "serious",
  cancelled: "off",
};

/** The mark of a quality score: caution under the threshold, serious under three quarters of it. */
export function qualityTone(score: number, threshold: number): Tone {
  if (score >= threshold) return "normal";
  return score >= threshold * 0.75 ? "caution" : "serious";
}
