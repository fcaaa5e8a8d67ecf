import type { ReactNode } from "react";
import type { WorkflowReport } from "../../workflow-engine/steps";
import { formatCount, formatNumber } from "../format";

/** What a workflow found, as tables. */
export function WorkflowReportView({ report }: { report: WorkflowReport }) {
  const { profile, validation, aggregate, outliers, intervals } = report;
  const measures = Object.keys(aggregate?.groups[0]?.means ?? {});
  return (
    <div className="stack" style={{ overflowX: "auto" }}>
      {profile && (
        <Table
          title="Columns"
          heads={["Column", "Type", "Filled", "Missing", "Distinct", "Median", "Lowest", "Highest"]}
          numbersFrom={2}
        >
          {profile.map(({ name, type, filled, missing, distinct, numbers }) => (
            <Row
              key={name}
              numbersFrom={2}
              cells={[
                name,
                type,
                filled,
                missing,
                distinct,
                numbers?.median,
                numbers?.lowest,
                numbers?.highest,
              ]}
            />
          ))}
        </Table>
      )}
      {validation && validation.findings.length > 0 && (
        <Table title="Findings" heads={["Column", "Rule", "Rows", "Example", "First row"]} numbersFrom={4}>
          {validation.findings.map(({ column, rule, count, example, firstRow }) => (
            <Row
              key={`${column} ${rule}`}
              numbersFrom={4}
              cells={[column, rule, formatCount(count), example, firstRow + 1]}
            />
          ))}
        </Table>
      )}
      {aggregate && (
        <Table title={`Means by ${aggregate.by}`} heads={[aggregate.by, "Rows", ...measures]} numbersFrom={1}>
          {aggregate.groups.map(({ key, count, means }) => (
            <Row key={key} numbersFrom={1} cells={[key, count, ...measures.map((name) => means[name])]} />
          ))}
        </Table>
      )}
      {outliers && (
        <Table
          title={`Outliers (${formatCount(outliers.total)})`}
          heads={["Column", "Row", "Value", "Robust z"]}
          numbersFrom={1}
        >
          {outliers.first.slice(0, 12).map(({ column, row, value, z }) => (
            <Row key={`${column} ${row}`} numbersFrom={1} cells={[column, row + 1, value, z]} />
          ))}
        </Table>
      )}
      {intervals && (
        <Table title="Medians, 95 % intervals" heads={["Column", "Median", "From", "To"]} numbersFrom={1}>
          {intervals.map(({ column, median, low, high }) => (
            <Row key={column} numbersFrom={1} cells={[column, median, low, high]} />
          ))}
        </Table>
      )}
    </div>
  );
}

function Table({
  title,
  heads,
  numbersFrom,
  children,
}: {
  title: string;
  heads: string[];
  numbersFrom: number;
  children: ReactNode;
}) {
  return (
    <section className="stack">
      <h3>{title}</h3>
      <table className="grid-table">
        <thead>
          <tr>
            {heads.map((head, index) => (
              <th key={head} className={index >= numbersFrom ? "number" : ""}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </section>
  );
}

function Row({ cells, numbersFrom }: { cells: (string | number | null | undefined)[]; numbersFrom: number }) {
  return (
    <tr>
      {cells.map((cell, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a cell is its place
        <td key={index} className={index >= numbersFrom ? "number" : ""}>
          {typeof cell === "number" ? formatNumber(cell) : (cell ?? "–")}
        </td>
      ))}
    </tr>
  );
}
