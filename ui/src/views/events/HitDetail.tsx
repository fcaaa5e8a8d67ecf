import { useEffect, useState } from "react";
import type { RequestError } from "../../bindings/RequestError";
import type { SearchRecord } from "../../bindings/SearchRecord";
import { Button } from "../../components/Button";
import { CopyButton } from "../../components/CopyButton";
import { EmptyState } from "../../components/EmptyState";
import { StatusIcon } from "../../components/StatusIcon";
import { MultilineText, Text } from "../../components/Text";
import { formatInstant } from "../../format/times";
import { useConductTime } from "../../frame/conductor/useConductor";
import { navigate } from "../../navigation/useRoute";
import { asRequestError } from "../../platform/platform";
import { usePlatform } from "../../platform/useView";
import { JsonView } from "./JsonView";
import { quoted } from "./json";

interface HitDetailProps {
  hub: string;
  seq: number;
  onCondition: (condition: string) => void;
  onClose: () => void;
}

/** One record in full. */
export function HitDetail({ hub, seq, onCondition, onClose }: HitDetailProps) {
  const platform = usePlatform();
  const conduct = useConductTime();
  const [record, setRecord] = useState<SearchRecord | null>(null);
  const [error, setError] = useState<RequestError | null>(null);

  useEffect(() => {
    let wanted = true;
    setError(null);
    platform.request("search_record", { request: { hub, seq } }).then(
      (found) => wanted && setRecord(found),
      (caught) => wanted && setError(asRequestError(caught)),
    );
    return () => {
      wanted = false;
    };
  }, [platform, hub, seq]);

  if (error) {
    return (
      <EmptyState title="This record cannot be shown" status="serious" small>
        <MultilineText value={error.message} />
      </EmptyState>
    );
  }
  if (record?.row.seq !== seq) return <p className="p-4 text-fg-3">Reading…</p>;
  const { row } = record;
  return (
    <article className="flex min-h-0 flex-1 flex-col gap-3 p-4" data-testid="hit-detail">
      <header className="grid gap-1">
        <div className="flex items-start gap-2">
          <StatusIcon status={row.status} label="" className="mt-1.5" />
          <h2 className="min-w-0 flex-1 font-semibold text-lg break-words">
            <Text value={row.type} />
          </h2>
          <Button variant="quiet" hint="Close (Esc)" onClick={onClose}>
            Close
          </Button>
        </div>
        <p className="text-fg-2">
          <Text value={row.dashboardName} /> · {row.severity} · {row.kind.toLowerCase().replaceAll("_", " ")}
        </p>
        <p className="font-mono text-fg-3 text-sm">
          {formatInstant(row.at)} · record {row.seq}
        </p>
      </header>
      <div className="flex flex-wrap gap-1.5">
        <Button
          testId="show-instant"
          hint="Shows every view as it was then"
          onClick={() => conduct.send({ kind: "seek", at: row.at })}
        >
          Show this instant
        </Button>
        <Button
          onClick={() => navigate({ view: "dashboard", dashboard: row.dashboard, section: "overview" })}
        >
          Open dashboard
        </Button>
        <Button onClick={() => onCondition(`type:${quoted(row.type)}`)}>More of this type</Button>
        <Button onClick={() => onCondition(`dashboard:${quoted(row.dashboard.dashboardId)}`)}>
          More of this dashboard
        </Button>
        <CopyButton text={record.body} label="Copy the record" failure="Select it and copy">
          Copy
        </CopyButton>
      </div>
      <p className="-mb-1.5 text-fg-3 text-sm">A click on a value asks for the records that have it.</p>
      <JsonView value={record.body} onCondition={onCondition} />
    </article>
  );
}
