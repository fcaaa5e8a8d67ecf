import { USER } from "../../dashboard-state/actor";
import { EXPORT_FORMATS } from "../../dashboard-state/export";
import type { ModalId } from "../../dashboard-state/store";
import { EmptyState } from "../components/EmptyState";
import { Modal } from "../components/Modal";
import { useDashboard, useDashboardState } from "../dashboard-context";
import { formatTime } from "../format";
import { IngestModal } from "./IngestModal";
import { QualityModal } from "./QualityModal";

const DIALOGS: Record<ModalId, () => React.ReactNode> = {
  ingest: IngestModal,
  quality: QualityModal,
  export: ExportModal,
  diagnostics: DiagnosticsModal,
  about: AboutModal,
};

/** The open dialogs, the last one on top. */
export function Modals() {
  const modals = useDashboardState((state) => state.modals);
  return modals.map((id) => {
    const Dialog = DIALOGS[id];
    return <Dialog key={id} />;
  });
}

function ExportModal() {
  const dashboard = useDashboard();
  const rows = useDashboardState(({ data }) => data.dataset?.rowCount ?? 0);
  return (
    <Modal id="export" title="Export data" width={400}>
      {rows === 0 ? (
        <EmptyState title="No data to export" />
      ) : (
        <div className="row">
          {EXPORT_FORMATS.map((format) => (
            <button
              key={format}
              type="button"
              className="button"
              data-testid={`export-${format}`}
              onClick={() => {
                const made = dashboard.exportData(format, USER);
                const address = URL.createObjectURL(made.blob);
                const link = Object.assign(document.createElement("a"), {
                  href: address,
                  download: made.name,
                });
                link.click();
                URL.revokeObjectURL(address);
                dashboard.closeModal("export");
              }}
            >
              {format.toUpperCase()}
            </button>
          ))}
        </div>
      )}
    </Modal>
  );
}

function DiagnosticsModal() {
  const diagnostics = useDashboardState((state) => state.diagnostics);
  return (
    <Modal id="diagnostics" title="Diagnostics" width={760}>
      {diagnostics ? (
        <>
          <p className="dim">
            Collected at {formatTime(Date.parse(diagnostics.collectedAt))} for {diagnostics.collectedFor}.
          </p>
          <pre style={{ maxHeight: 480 }}>{JSON.stringify(diagnostics.report, null, 2)}</pre>
        </>
      ) : (
        <EmptyState title="None collected yet">
          Settings → Collect diagnostics, or an operator's command.
        </EmptyState>
      )}
    </Modal>
  );
}

function AboutModal() {
  return (
    <Modal id="about" title="About this dashboard">
      <p>
        A run dashboard that Mission Control observes and controls: the example of{" "}
        <code>@mission-control/sdk</code>. It ingests files and addresses, scores their quality, and runs
        workflows and agents over them, with or without Mission Control.
      </p>
      <dl className="facts">
        <dt>Integration</dt>
        <dd>
          <code>src/mission-control</code>
        </dd>
        <dt>Data, quality, state</dt>
        <dd>
          <code>src/dashboard-state</code>
        </dd>
        <dt>Workflows</dt>
        <dd>
          <code>src/workflow-engine</code>
        </dd>
        <dt>Agents</dt>
        <dd>
          <code>src/agent-service</code>
        </dd>
      </dl>
    </Modal>
  );
}
