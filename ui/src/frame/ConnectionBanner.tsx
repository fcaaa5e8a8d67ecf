import type { HubChip } from "../bindings/HubChip";
import { Button } from "../components/Button";
import { ProgressBar } from "../components/ProgressBar";
import { StatusIcon } from "../components/StatusIcon";
import { Text } from "../components/Text";
import { formatCount } from "../format/numbers";
import { plainLine } from "../format/plainText";
import { formatMoment, formatSpan, milliseconds } from "../format/times";
import { useNow } from "../format/useNow";
import { useRequest } from "../platform/useView";
import { fetchingText, paceTexts, percent } from "./missing/missing";

/** Says, over every view, which hubs are not connected and how old what they told is. */
export function ConnectionBanner({ hubs }: { hubs: HubChip[] }) {
  return hubs.map((hub) => {
    switch (hub.connection.state) {
      case "cached":
        return hub.archive === null ? <CachedHub key={hub.hub} hub={hub} /> : null;
      case "catchingUp":
        return <CatchingUpHub key={hub.hub} hub={hub} />;
      case "past":
        return hub.connection.missing > 0 ? <UncertainPast key={hub.hub} hub={hub} /> : null;
      default:
        return null;
    }
  });
}

/** What was missed is being fetched: what is shown is not the present yet. */
function CatchingUpHub({ hub }: { hub: HubChip }) {
  const { connection } = hub;
  if (connection.state !== "catchingUp") return null;
  const pace = [percent(connection.progress), ...paceTexts(connection)].join(" · ");
  return (
    <div
      role="status"
      data-testid={`catching-up-banner-${hub.name}`}
      className="grid border-b border-line bg-surface"
    >
      <p className="flex min-w-0 items-center gap-2 px-5 py-1.5 text-fg-2">
        <StatusIcon status="standby" label="" />
        <span className="min-w-0 truncate">
          <bdi className="font-semibold text-fg">{plainLine(hub.name)}</bdi> is catching up:{" "}
          <span className="text-fg">{formatCount(connection.behind)} records to come.</span> What is shown is
          not the present yet.
        </span>
        <span className="ml-auto flex-none text-fg-3">{pace}</span>
      </p>
      <ProgressBar part={connection.progress} label={`Records of ${plainLine(hub.name)} fetched`} />
    </div>
  );
}

/** Records are missing that would tell how it was: nothing here is shown as certain. */
function UncertainPast({ hub }: { hub: HubChip }) {
  const { connection } = hub;
  if (connection.state !== "past") return null;
  return (
    <p
      role="status"
      data-testid={`uncertain-banner-${hub.name}`}
      className="flex items-center gap-2 border-b border-line bg-surface bg-[linear-gradient(var(--caution-quiet),var(--caution-quiet))] px-5 py-1.5 text-fg-2"
    >
      <StatusIcon status="caution" label="" />
      <span className="min-w-0 truncate">
        How <bdi className="font-semibold text-fg">{plainLine(hub.name)}</bdi> was at this instant is not
        known for sure:{" "}
        <span className="text-fg">{formatCount(connection.missing)} records that tell are not here yet</span>;{" "}
        {fetchingText(hub)}
      </span>
    </p>
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
