import { type QualityPart, WEIGHTS } from "../../dashboard-state/quality";
import { EmptyState } from "../components/EmptyState";
import { Modal } from "../components/Modal";
import { QualityScore } from "../components/QualityScore";
import { useDashboardState } from "../dashboard-context";
import { formatCount } from "../format";

const MEANINGS: Record<QualityPart, string> = {
  completeness: "filled cells",
  validity: "cells that fit their column, rows accepted",
  uniqueness: "rows that repeat no other",
  consistency: "texts spelled as most are",
  freshness: "age of the source",
};

/** How the score came about. */
export function QualityModal() {
  const quality = useDashboardState(({ data }) => data.quality);
  const threshold = useDashboardState(({ settings }) => settings.qualityThreshold);
  return (
    <Modal id="quality" title="Data quality" width={680}>
      {quality ? (
        <>
          <QualityScore quality={quality} threshold={threshold} />
          <p className="dim">
            The score is the weighted mean of{" "}
            {(Object.entries(WEIGHTS) as [QualityPart, number][])
              .map(([part, weight]) => `${part} (${weight} %: ${MEANINGS[part]})`)
              .join(", ")}
            . {formatCount(quality.rejectedRows)} rows were left out, {formatCount(quality.repeatedRows)}{" "}
            repeat another.
          </p>
          <table className="grid-table">
            <thead>
              <tr>
                <th>Column</th>
                <th className="number">Missing</th>
                <th className="number">Misfits</th>
                <th className="number">Odd spellings</th>
                <th>Such as</th>
              </tr>
            </thead>
            <tbody>
              {quality.columns.map(({ name, missing, invalid, inconsistent, example }) => (
                <tr key={name}>
                  <td>{name}</td>
                  <td className="number">{formatCount(missing)}</td>
                  <td className="number">{formatCount(invalid)}</td>
                  <td className="number">{formatCount(inconsistent)}</td>
                  <td className="mono">{example ?? ""}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      ) : (
        <EmptyState title="No data to score">Ingest some first.</EmptyState>
      )}
    </Modal>
  );
}
