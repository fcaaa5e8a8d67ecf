import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef } from "react";
import { type Cell, type Dataset, fits } from "../../dashboard-state/dataset";
import { formatCount } from "../format";

const ROW_HEIGHT = 28;

/** The rows; only those in sight are drawn. */
export function DataTable({ dataset }: { dataset: Dataset }) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtualizer = useVirtualizer({
    count: dataset.rowCount,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
  });
  const least = dataset.columns.map(({ type }) => (type === "date" ? 232 : 112));
  const columns = {
    "--columns": ["72px", ...least.map((pixels) => `minmax(${pixels}px, 1fr)`)].join(" "),
    "--least": `${least.reduce((sum, pixels) => sum + pixels, 72)}px`,
  } as React.CSSProperties;
  return (
    <div
      ref={scroller}
      className="table"
      role="table"
      aria-label="Data"
      aria-rowcount={dataset.rowCount}
      style={columns}
      tabIndex={0}
    >
      <div className="table-head" role="row">
        <div role="columnheader" className="faint number">
          #
        </div>
        {dataset.columns.map(({ name, type }) => (
          <div key={name} role="columnheader" className={type === "number" ? "number" : ""} title={name}>
            {name}
            <small>{type}</small>
          </div>
        ))}
      </div>
      <div style={{ height: virtualizer.getTotalSize(), position: "relative" }}>
        {virtualizer.getVirtualItems().map(({ index, start }) => (
          <div
            key={index}
            className="table-row"
            role="row"
            aria-rowindex={index + 1}
            style={{ transform: `translateY(${start}px)` }}
          >
            <div role="rowheader" className="faint number">
              {formatCount(index + 1)}
            </div>
            {dataset.columns.map(({ name, type, values }) => (
              <DataCell
                key={name}
                value={values[index] ?? null}
                isNumber={type === "number"}
                fits={fits(values[index] ?? null, type)}
              />
            ))}
          </div>
        ))}
      </div>
    </div>
  );
}

function DataCell({ value, isNumber, fits }: { value: Cell; isNumber: boolean; fits: boolean }) {
  const look = value === null ? "gap" : fits ? "" : "misfit";
  return (
    <div
      role="cell"
      className={`${look} ${isNumber ? "number" : ""}`}
      title={fits ? undefined : "does not fit the column"}
    >
      {value === null ? "–" : String(value)}
    </div>
  );
}
