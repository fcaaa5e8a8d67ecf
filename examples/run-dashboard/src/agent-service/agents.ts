/** Something that looks at the data and says what it makes of it. */
export interface Agent {
  readonly id: string;
  readonly title: string;
  readonly about: string;
}

/** The agents of this dashboard. What they do is in `findings.ts`. */
export const AGENTS: readonly Agent[] = [
  {
    id: "outlier-hunter",
    title: "Outlier hunter",
    about: "Looks for values that cannot be right and for columns that drift, by robust z-score.",
  },
  {
    id: "data-steward",
    title: "Data steward",
    about: "Reads the profile for gaps, constants, spellings and misfits, and says what to mend first.",
  },
  {
    id: "correlation-analyst",
    title: "Correlation analyst",
    about: "Which columns go together, and whether by chance: rank correlations with permutation tests.",
  },
];

/** The agent of this id; who asks for another is told which there are. */
export function agentOf(id: string): Agent {
  const found = AGENTS.find((agent) => agent.id === id);
  if (found) return found;
  throw new Error(`there is no agent "${id}"; there are ${AGENTS.map((agent) => agent.id).join(", ")}`);
}
