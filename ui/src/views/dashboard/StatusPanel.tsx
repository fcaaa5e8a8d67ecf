import type { DashboardStatus } from "../../bindings/DashboardStatus";
import type { Timestamp } from "../../bindings/Timestamp";
import { Age, Moment } from "../../components/Moment";
import { Text } from "../../components/Text";
import { formatCount, formatDecimal } from "../../format/numbers";

/** Every field of the last status. */
export function StatusPanel({ status, at }: { status: DashboardStatus | null; at: Timestamp | null }) {
  return (
    <section aria-label="Status" data-testid="status-panel">
      <div className="flex items-center justify-between pb-1">
        <h2 className="caps">Status</h2>
        {at && <Age at={at} className="text-fg-3 text-xs" />}
      </div>
      {status ? (
        <dl className="facts">
          <dt>State</dt>
          <dd data-testid="status-state">{status.state}</dd>
          <dt>Use case</dt>
          <dd>
            <Text value={status.useCase} />
          </dd>
          <dt>Has data</dt>
          <dd>{status.dataStatus.hasData ? "yes" : "no"}</dd>
          <dt>Records</dt>
          <dd data-testid="status-record-count">{formatCount(status.dataStatus.recordCount)}</dd>
          <dt>Last ingested</dt>
          <dd>{status.dataStatus.lastIngested ? <Moment at={status.dataStatus.lastIngested} /> : "never"}</dd>
          <dt>Active tab</dt>
          <dd data-testid="status-active-tab">
            <Text value={status.activeTab} />
          </dd>
          <dt>Connected users</dt>
          <dd>{formatCount(status.connectedUsers)}</dd>
          <dt>Response time</dt>
          <dd>{formatCount(status.performance.responseTime)} ms</dd>
          <dt>Error rate</dt>
          <dd>{formatDecimal(status.performance.errorRate)} %</dd>
          <dt>Throughput</dt>
          <dd>{formatDecimal(status.performance.throughput)} /s</dd>
        </dl>
      ) : (
        <p className="text-fg-3">It has sent no status yet.</p>
      )}
    </section>
  );
}
