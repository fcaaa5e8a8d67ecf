import { correlate } from "../analysis/correlate";
import { findOutliers } from "../analysis/outliers";
import { profile } from "../analysis/profile";
import { type Dataset, numericColumns } from "../dashboard-state/dataset";

/** What an agent is given: the dashboard's data, and what whoever runs it adds. */
export interface AgentRequest {
  readonly agentId: string;
  readonly dataset: Dataset;
  /** `threshold` (outliers), `permutations` (correlations). */
  readonly data: Readonly<Record<string, unknown>>;
}

/** What an agent came to. */
export interface AgentFindings {
  /** How good the data looks to it, 0 to 1. */
  readonly score: number;
  /** In a sentence each, what matters most first. */
  readonly insights: readonly string[];
}

const INSIGHTS = 8;

/** Lets an agent work; yields the part done. */
export function* runAgent(request: AgentRequest): Generator<number, AgentFindings> {
  const agent = WORK[request.agentId];
  if (!agent) throw new Error(`there is no agent "${request.agentId}"`);
  return yield* agent(request);
}

const WORK: Record<string, (request: AgentRequest) => Generator<number, AgentFindings>> = {
  *"outlier-hunter"({ dataset, data }) {
    const found = yield* findOutliers(dataset, numberIn(data.threshold, 1, 100, 3.5, "threshold"));
    const rows = new Set(found.map(({ row }) => row)).size;
    const columns = [...new Set(found.map(({ column }) => column))];
    const insights = columns.map((column) => {
      const outliers = found.filter((outlier) => outlier.column === column);
      const [worst] = outliers;
      return `${column}: ${outliers.length} outliers; row ${(worst?.row ?? 0) + 1} has ${worst?.value} (z ${worst?.z})`;
    });
    if (insights.length === 0) insights.push("no value lies far from the others");
    return { score: share(dataset.rowCount - rows, dataset.rowCount), insights: insights.slice(0, INSIGHTS) };
  },
  *"data-steward"({ dataset }) {
    const profiles = yield* profile(dataset);
    const insights: { weight: number; text: string }[] = [];
    let troubled = 0;
    for (const column of profiles) {
      const { name, type, missing, invalid, filled, distinct } = column;
      troubled += missing + invalid;
      const percent = (count: number) => `${((count / dataset.rowCount) * 100).toFixed(1)} %`;
      if (invalid > 0) {
        insights.push({
          weight: invalid * 2,
          text: `${name}: ${percent(invalid)} of the values are no ${type}`,
        });
      }
      if (missing > dataset.rowCount / 100) {
        insights.push({ weight: missing, text: `${name}: ${percent(missing)} are missing` });
      }
      if (distinct === 1 && filled > 1)
        insights.push({ weight: 1, text: `${name}: always the same value; leave it out?` });
      const spellings = new Set(column.frequent.map(({ value }) => value.trim().toLowerCase())).size;
      if (type === "text" && spellings < column.frequent.length) {
        insights.push({ weight: filled / 4, text: `${name}: the same value in several spellings` });
      }
    }
    insights.sort((one, other) => other.weight - one.weight);
    const texts = insights.map(({ text }) => text);
    if (texts.length === 0) texts.push("no gaps, no misfits, no stray spellings");
    const cells = dataset.rowCount * dataset.columns.length;
    return { score: share(cells - troubled, cells), insights: texts.slice(0, INSIGHTS) };
  },
  *"correlation-analyst"({ dataset, data }) {
    const columns = numericColumns(dataset);
    if (columns.length < 2) throw new Error("it takes two columns of numbers to correlate");
    const permutations = Math.round(numberIn(data.permutations, 10, 10_000_000, 400, "permutations"));
    const found = yield* correlate(dataset, permutations);
    const certain = found.filter(({ p }) => p < 0.01);
    const insights = certain.map(({ columns: [one, other], rho, p }) => {
      const how = Math.abs(rho) > 0.7 ? "closely" : Math.abs(rho) > 0.3 ? "somewhat" : "barely";
      return `${one} and ${other} go ${how} ${rho < 0 ? "against each other" : "together"} (ρ ${rho.toFixed(2)}, p < ${p.toFixed(3)})`;
    });
    if (insights.length === 0) insights.push("nothing goes together beyond chance");
    return { score: share(certain.length, found.length), insights: insights.slice(0, INSIGHTS) };
  },
};

function share(part: number, whole: number): number {
  return whole > 0 ? Math.round((part / whole) * 1000) / 1000 : 1;
}

function numberIn(value: unknown, low: number, high: number, otherwise: number, name: string): number {
  if (value === undefined) return otherwise;
  if (typeof value === "number" && value >= low && value <= high) return value;
  throw new Error(`data.${name} must be a number from ${low} to ${high}`);
}
