import type { Capacity } from "../../bindings/Capacity";
import type { DiskUsage } from "../../bindings/DiskUsage";
import type { ResourceUsage } from "../../bindings/ResourceUsage";
import type { Timestamp } from "../../bindings/Timestamp";
import { Age } from "../../components/Moment";
import { ProgressBar } from "../../components/ProgressBar";
import { Text } from "../../components/Text";
import { formatBytes, formatCount, formatDecimal } from "../../format/numbers";

/** The last resource report: the host, and each process. */
export function ResourcePanel({ usage, at }: { usage: ResourceUsage | null; at: Timestamp | null }) {
  return (
    <section aria-label="Resources" data-testid="resource-panel">
      <div className="flex items-center justify-between pb-1">
        <h2 className="caps">Resources</h2>
        {at && <Age at={at} className="text-fg-3 text-xs" />}
      </div>
      {usage ? <Report usage={usage} /> : <p className="text-fg-3">It has reported no resources yet.</p>}
    </section>
  );
}

function Report({ usage: { host, processes } }: { usage: ResourceUsage }) {
  return (
    <div className="grid gap-2.5">
      <dl className="facts">
        {host.name && (
          <>
            <dt>Host</dt>
            <dd>
              <Text value={host.name} />
            </dd>
          </>
        )}
        <dt>CPU</dt>
        <dd>
          {formatDecimal(host.cpuPercent)} %{host.cores ? ` of ${formatCount(host.cores)} cores` : ""}
        </dd>
        <Gauge label="Memory" of={host.memory} />
        <Gauge label="Disk" of={host.disk} />
        <dt>Disk traffic</dt>
        <dd>{traffic(host.disk)}</dd>
        <dt>Network</dt>
        <dd>
          ↓ {formatBytes(host.network.receivedBytesPerSecond)}/s ↑{" "}
          {formatBytes(host.network.sentBytesPerSecond)}/s
        </dd>
      </dl>
      {processes.length > 0 && (
        <table className="w-full text-sm" data-testid="process-table">
          <thead className="text-left text-fg-3">
            <tr className="border-b border-line">
              <th className="font-normal">Process</th>
              <th className="text-right font-normal">CPU</th>
              <th className="text-right font-normal">Memory</th>
            </tr>
          </thead>
          <tbody>
            {processes.map((process) => (
              <tr key={process.pid} className="border-b border-line">
                <td className="max-w-0 truncate py-0.5">
                  <Text value={process.name} titled /> <span className="text-fg-3">{process.pid}</span>
                </td>
                <td className="w-16 text-right">{formatDecimal(process.cpuPercent)} %</td>
                <td className="w-20 text-right">{formatBytes(process.memoryBytes)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}

function traffic(disk: DiskUsage): string {
  return `↓ ${formatBytes(disk.readBytesPerSecond)}/s ↑ ${formatBytes(disk.writeBytesPerSecond)}/s`;
}

function Gauge({ label, of }: { label: string; of: Capacity }) {
  return (
    <>
      <dt>{label}</dt>
      <dd className="grid justify-items-stretch gap-1">
        <span>
          {formatBytes(of.usedBytes)} of {formatBytes(of.totalBytes)}
        </span>
        <ProgressBar part={of.totalBytes > 0 ? of.usedBytes / of.totalBytes : 0} label={`${label} in use`} />
      </dd>
    </>
  );
}
