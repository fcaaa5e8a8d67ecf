/** One thing that a workflow does. */
export type StepId = "profile" | "validate" | "gate" | "aggregate" | "outliers" | "bootstrap";

/** What can be run over the data. */
export interface Workflow {
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly steps: readonly { readonly id: StepId; readonly title: string }[];
}

/** The workflows of this dashboard. What they do is in `steps.ts`. */
export const WORKFLOWS: readonly Workflow[] = [
  {
    id: "profile-data",
    title: "Profile data",
    about: "What each column holds: ranges, gaps, distributions.",
    steps: [{ id: "profile", title: "Profile columns" }],
  },
  {
    id: "daily-report",
    title: "Daily report",
    about: "Means per group, once the data has passed the gate: at most 5 % of the rows may be invalid.",
    steps: [
      { id: "validate", title: "Validate rows" },
      { id: "gate", title: "Quality gate" },
      { id: "aggregate", title: "Aggregate" },
    ],
  },
  {
    id: "outlier-sweep",
    title: "Outlier sweep",
    about: "Values far from the median, by robust z-score (median absolute deviation).",
    steps: [
      { id: "profile", title: "Profile columns" },
      { id: "outliers", title: "Detect outliers" },
    ],
  },
  {
    id: "confidence-study",
    title: "Confidence study",
    about: "Bootstrap intervals of all medians. Takes a minute or so in the background.",
    steps: [
      { id: "validate", title: "Validate rows" },
      { id: "bootstrap", title: "Resample medians" },
    ],
  },
];

/** The workflow of this id; who asks for another is told which there are. */
export function workflowOf(id: string): Workflow {
  const found = WORKFLOWS.find((workflow) => workflow.id === id);
  if (found) return found;
  throw new Error(
    `there is no workflow "${id}"; there are ${WORKFLOWS.map((workflow) => workflow.id).join(", ")}`,
  );
}
