import type { ReactNode } from "react";
import type { StorageNumbers } from "../../bindings/StorageNumbers";
import { Age, Moment } from "../../components/Moment";
import { Notice } from "../../components/Notice";
import { StatusIcon } from "../../components/StatusIcon";
import { formatBytes, formatCount } from "../../format/numbers";
import { plainLine } from "../../format/plainText";
import { formatMoment } from "../../format/times";
import { useNow } from "../../format/useNow";
import { kindText } from "./kindText";

/** What a log comes to. */
export function Numbers({ numbers }: { numbers: StorageNumbers }) {
  const now = useNow();
  return (
    <>
      <section aria-labelledby="size-title">
        <h2 id="size-title" className="caps pb-2">
          On disk
        </h2>
        <div className="panel grid gap-4 p-4">
          <dl className="grid grid-cols-3 gap-x-4 gap-y-3 tabular-nums">
            <Figure name="Size" value={formatBytes(numbers.bytes)} testId="storage-bytes" />
            <Figure
              name="Growth in a day"
              value={numbers.growthBytes > 0 ? formatBytes(numbers.growthBytes) : "not known yet"}
              note={numbers.growthBytes > 0 && `${formatCount(numbers.growthRecords)} records`}
            />
            <Figure
              name="Free on the disk"
              value={numbers.diskFreeBytes === null ? "not known" : formatBytes(numbers.diskFreeBytes)}
            />
            <Figure name="Records" value={formatCount(numbers.records)} testId="storage-records" />
            <Figure
              name="Oldest record"
              value={numbers.oldestAt ? formatMoment(numbers.oldestAt, now) : "none"}
              note={numbers.oldestAt && <Age at={numbers.oldestAt} />}
            />
            <Figure
              name="Holes"
              value={numbers.holes === 0 ? "none" : formatCount(numbers.holes)}
              note={numbers.holes > 0 && `${formatCount(numbers.missingRecords)} records missing`}
            />
          </dl>
          <p className="text-fg-2">{plainLine(numbers.forecast)}</p>
          <ul className="grid gap-1.5" aria-label="What the bytes are for">
            {numbers.areas.map((area) => (
              <li key={area.name} className="grid grid-cols-[240px_minmax(0,1fr)_80px] items-center gap-3">
                <span className="truncate text-fg-2">{area.name}</span>
                <Bar part={area.part} />
                <span className="text-right tabular-nums">{formatBytes(area.bytes)}</span>
              </li>
            ))}
          </ul>
          <p className="flex items-start gap-2 text-fg-2">
            <StatusIcon status={numbers.upkeepStatus} className="mt-1" />
            {plainLine(numbers.upkeep)}
          </p>
          {numbers.damage && <Notice status="caution">{plainLine(numbers.damage)}</Notice>}
        </div>
      </section>
      <section aria-labelledby="kinds-title">
        <h2 id="kinds-title" className="caps pb-2">
          By kind of record
        </h2>
        <div className="panel overflow-x-auto">
          <table className="w-full text-left">
            <thead className="text-fg-3 text-sm">
              <tr>
                <th className="px-4 py-2 font-normal">Kind</th>
                <th className="px-2 py-2 text-right font-normal">Records</th>
                <th className="px-2 py-2 font-normal">
                  <span className="sr-only">Part of all</span>
                </th>
                <th className="px-2 py-2 text-right font-normal">Takes</th>
                <th className="px-2 py-2 font-normal">Kept for</th>
                <th className="px-4 py-2 font-normal">Dropped before</th>
              </tr>
            </thead>
            <tbody className="divide-y divide-line border-line border-t tabular-nums">
              {numbers.kinds.map((kind) => (
                <tr key={kind.kind} data-testid={`storage-kind-${kind.kind}`}>
                  <td className="px-4 py-1.5">{kindText[kind.kind]}</td>
                  <td className="px-2 py-1.5 text-right">{formatCount(kind.records)}</td>
                  <td className="w-[100px] px-2 py-1.5">
                    <Bar part={kind.part} />
                  </td>
                  <td className="px-2 py-1.5 text-right">{formatBytes(kind.bytes)}</td>
                  <td className="px-2 py-1.5 text-fg-2">{kind.kept}</td>
                  <td className="px-4 py-1.5 text-fg-2">
                    {kind.keptSince ? <Moment at={kind.keptSince} /> : "nothing"}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          {numbers.kinds.length === 0 && <p className="px-4 py-3 text-fg-2">Nothing is recorded yet.</p>}
        </div>
      </section>
    </>
  );
}

interface FigureProps {
  name: string;
  value: string;
  /** Says more of it, in a line below. */
  note?: ReactNode;
  testId?: string;
}

function Figure({ name, value, note, testId }: FigureProps) {
  return (
    <div className="min-w-0">
      <dt className="text-fg-3 text-sm">{name}</dt>
      <dd data-testid={testId}>{value}</dd>
      {note && <dd className="text-fg-3 text-sm">{note}</dd>}
    </div>
  );
}

/** A share of a whole; the number stands beside it. */
function Bar({ part }: { part: number }) {
  return (
    <span aria-hidden className="block h-1.5 overflow-hidden rounded-full bg-line">
      <span className="block h-full bg-accent" style={{ width: `${Math.max(1, part * 100)}%` }} />
    </span>
  );
}
