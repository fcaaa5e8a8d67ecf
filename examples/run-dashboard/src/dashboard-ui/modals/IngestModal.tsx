import { type FormEvent, useRef, useState } from "react";
import { USER } from "../../dashboard-state/actor";
import { SOURCES, type Source } from "../../dashboard-state/source";
import { Modal } from "../components/Modal";
import { useDashboard, useDashboardState } from "../dashboard-context";
import { IngestionStatus } from "../IngestionStatus";

/** Chooses what to ingest. */
export function IngestModal() {
  const dashboard = useDashboard();
  const running = useDashboardState(({ ingestion }) => ingestion.status === "running");
  const hasData = useDashboardState(({ data }) => data.dataset !== null);
  const [mode, setMode] = useState<"replace" | "append">("replace");
  const [address, setAddress] = useState("");
  const picker = useRef<HTMLInputElement>(null);

  const ingest = async (source: Source | string) => {
    try {
      await dashboard.ingestData(source, USER, { mode });
      dashboard.closeModal("ingest");
    } catch {
      // The dialog stays, with the cause.
    }
  };
  const onAddress = (event: FormEvent) => {
    event.preventDefault();
    if (address.trim() !== "") void ingest(address.trim());
  };

  return (
    <Modal id="ingest" title="Ingest data" width={600}>
      <div className="stack">
        <h3>Sources of this dashboard</h3>
        <div className="sources">
          {SOURCES.map(({ id, title, about }) => (
            <button
              key={id}
              type="button"
              className="source"
              disabled={running}
              data-testid={`source-${id}`}
              onClick={() => void ingest(id)}
            >
              <b>{title}</b>
              <span className="dim">{about}</span>
            </button>
          ))}
        </div>
      </div>
      <form className="stack" onSubmit={onAddress}>
        <h3>An address</h3>
        <div className="row">
          <input
            className="field mono"
            aria-label="Address of the data"
            placeholder="https://example.org/measurements.csv"
            spellCheck={false}
            value={address}
            onChange={(event) => setAddress(event.target.value)}
            data-testid="ingest-address"
          />
          <button
            type="submit"
            className="button"
            disabled={running || address.trim() === ""}
            data-testid="ingest-address-go"
          >
            Ingest
          </button>
        </div>
      </form>
      <div className="drop">
        Drop a CSV, JSON or NDJSON file anywhere, or
        <button type="button" className="button" disabled={running} onClick={() => picker.current?.click()}>
          Choose a file
        </button>
        <input
          ref={picker}
          type="file"
          hidden
          accept=".csv,.tsv,.txt,.json,.ndjson,.jsonl"
          data-testid="ingest-file"
          onChange={(event) => {
            const [file] = event.target.files ?? [];
            if (file) void ingest({ kind: "file", name: file.name, file });
            // The same file may be chosen again.
            event.target.value = "";
          }}
        />
      </div>
      {hasData && (
        <div className="row">
          <fieldset className="segments" aria-label="What happens to the data that is here">
            <button type="button" aria-pressed={mode === "replace"} onClick={() => setMode("replace")}>
              Replace
            </button>
            <button type="button" aria-pressed={mode === "append"} onClick={() => setMode("append")}>
              Append
            </button>
          </fieldset>
          <span className="dim">the data that is here</span>
        </div>
      )}
      <IngestionStatus />
    </Modal>
  );
}
