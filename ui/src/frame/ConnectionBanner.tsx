import type { HubChip } from "../bindings/HubChip";
import { Button } from "../components/Button";
import { StatusIcon } from "../components/StatusIcon";
import { Text } from "../components/Text";
import { plainLine } from "../format/plainText";
import { formatMoment, formatSpan, milliseconds } from "../format/times";
import { useNow } from "../format/useNow";
import { useRequest } from "../platform/useView";

/** Says, over every view, which hubs are not connected and how old what they told is. */
export function ConnectionBanner({ hubs }: { hubs: HubChip[] }) {
  return hubs.map((hub) =>
    hub.connection.state === "cached" ? <CachedHub key={hub.hub} hub={hub} /> : null,
  );
}

function CachedHub({ hub }: { hub: HubChip }) {
  const now = useNow();
  const retry = useRequest("retry_hub");
  const { connection } = hub;
  if (connection.state !== "cached") return null;
  const next = milliseconds(connection.retryAt);
  return (
    <div
      role="status"
      data-testid={`cached-banner-${hub.name}`}
      className="flex items-center gap-2 border-b border-line bg-surface bg-[linear-gradient(var(--caution-quiet),var(--caution-quiet))] px-5 py-1.5 text-fg-2"
    >
      <StatusIcon status="caution" label="" />
      <p className="min-w-0 flex-1 truncate" title={plainLine(connection.reason)}>
        <bdi className="font-semibold text-fg">{plainLine(hub.name)}</bdi>{" "}
        <span className="text-fg">
          {connection.at
            ? `shown as cached at ${formatMoment(connection.at, now)} UTC.`
            : "was never reached."}
        </span>{" "}
        <Text value={retry.error?.message ?? connection.reason} />
      </p>
      <span className="flex-none text-fg-3">
        {next === null
          ? "not trying again"
          : next <= now
            ? "trying now"
            : `next attempt in ${formatSpan(next - now)}`}
      </span>
      <Button
        variant="quiet"
        className="-my-1"
        testId={`retry-${hub.name}`}
        disabledReason={retry.pending ? "Trying." : null}
        onClick={() => void retry.send({ hub: hub.hub })}
      >
        Try now
      </Button>
    </div>
  );
}
