import { useState } from "react";
import type { HubRow } from "../../bindings/HubRow";
import { Button } from "../../components/Button";
import { CopyText } from "../../components/CopyText";
import { Modal } from "../../components/Modal";
import { RequestFailure } from "../../components/Notice";
import { ProgressBar } from "../../components/ProgressBar";
import { StatusIcon } from "../../components/StatusIcon";
import { Text } from "../../components/Text";
import { formatBytes, formatCompact, formatCount } from "../../format/numbers";
import { plainLine } from "../../format/plainText";
import { formatMoment } from "../../format/times";
import { useNow } from "../../format/useNow";
import { MissingNote } from "../../frame/missing/MissingNote";
import { paceTexts, percent } from "../../frame/missing/missing";
import { useRequest } from "../../platform/useView";
import { useTransferStore } from "../../transfers/transferStore";
import { AddHubForm } from "./AddHubForm";
import { ArchivePanel } from "./ArchivePanel";
import { HubTokens } from "./HubTokens";

export function HubSettings({ hubs }: { hubs: HubRow[] }) {
  const [adding, setAdding] = useState(false);
  const openDialog = useTransferStore((state) => state.open);
  return (
    <section aria-labelledby="hubs-title">
      <div className="flex h-9 items-end justify-between pb-2">
        <h2 id="hubs-title" className="caps">
          Hubs
        </h2>
        <span className="flex gap-1.5">
          <Button testId="import-archive" onClick={() => openDialog({ name: "import" })}>
            Import an archive…
          </Button>
          <Button testId="add-hub" onClick={() => setAdding(true)}>
            Add a hub…
          </Button>
        </span>
      </div>
      <div className="grid gap-2.5">
        {hubs.map((hub) =>
          hub.chip.archive ? (
            <ArchivePanel key={hub.chip.hub} hub={hub} archive={hub.chip.archive} />
          ) : (
            <HubPanel key={hub.chip.hub} hub={hub} />
          ),
        )}
      </div>
      {adding && <AddHubForm onClose={() => setAdding(false)} />}
    </section>
  );
}

function HubPanel({ hub }: { hub: HubRow }) {
  const { chip } = hub;
  const retry = useRequest("retry_hub");
  const [removing, setRemoving] = useState(false);
  return (
    <article
      className="panel grid gap-3 p-4"
      data-testid={`hub-${chip.name}`}
      data-state={chip.connection.state}
    >
      <div className="flex items-center gap-2">
        <StatusIcon status={chip.status} />
        <h3 className="min-w-0 truncate font-semibold">
          <Text value={chip.name} titled />
        </h3>
        {chip.embedded && (
          <span className="rounded-sm bg-raised px-1.5 text-fg-2 text-xs">inside this program</span>
        )}
        <span className="ml-auto flex flex-none gap-1.5">
          {chip.connection.state === "cached" && (
            <Button
              testId={`hub-retry-${chip.name}`}
              disabledReason={retry.pending ? "Trying." : null}
              onClick={() => void retry.send({ hub: chip.hub })}
            >
              Try now
            </Button>
          )}
          {!chip.embedded && (
            <Button testId={`hub-remove-${chip.name}`} onClick={() => setRemoving(true)}>
              Remove…
            </Button>
          )}
        </span>
      </div>
      <ConnectionText hub={hub} />
      <OlderRecords hub={hub} />
      <RequestFailure error={retry.error} />
      <dl className="grid grid-cols-[repeat(auto-fit,minmax(140px,1fr))] gap-3">
        <Figure
          name="Dashboards"
          value={`${formatCount(chip.onlineDashboards)} of ${formatCount(chip.dashboards)} online`}
        />
        <Figure name="Records in the cache" value={formatCount(hub.cachedRecords)} />
        <Figure name="Size of the cache" value={formatBytes(hub.cacheBytes)} />
        <Figure
          name="Holes in the cache"
          value={hub.holes === 0 ? "none" : `${formatCount(hub.holes)}, filled when connected`}
        />
      </dl>
      <div className="grid gap-2">
        <LabelledCopy label="Address" text={hub.address} testId={`hub-address-${chip.name}`} />
        {hub.tokenFile && (
          <LabelledCopy label="Shared token file" text={hub.tokenFile} testId={`hub-token-${chip.name}`} />
        )}
      </div>
      <HubTokens hub={hub} />
      {removing && <RemoveHubDialog hub={hub} onClose={() => setRemoving(false)} />}
    </article>
  );
}

/** What of the past is not in the cache yet, and how fetching it goes. */
function OlderRecords({ hub }: { hub: HubRow }) {
  const { missing } = hub.chip;
  if (!missing) return null;
  return (
    <div className="grid gap-1.5" data-testid={`hub-missing-${hub.chip.name}`}>
      <p className="text-fg-2">
        {formatCount(missing.total - missing.records)} of {formatCount(missing.total)} missing records fetched
        ·{" "}
        {missing.isFetching
          ? [percent(missing.progress), ...paceTexts(missing)].join(" · ")
          : "the others are fetched once the hub is connected"}
      </p>
      <ProgressBar part={missing.progress} label="Missing records fetched" />
      <MissingNote hubs={[hub.chip.hub]} />
    </div>
  );
}

function ConnectionText({ hub }: { hub: HubRow }) {
  const now = useNow();
  const { connection, latencyMilliseconds } = hub.chip;
  switch (connection.state) {
    case "connecting":
      return <p className="text-fg-2">Connecting.</p>;
    case "catchingUp":
      return (
        <div className="grid gap-1.5">
          <p className="text-fg-2">
            Connected, fetching {formatCount(connection.behind)} records that were missed ·{" "}
            {[percent(connection.progress), ...paceTexts(connection)].join(" · ")}
          </p>
          <ProgressBar part={connection.progress} label="Records fetched" />
        </div>
      );
    case "live":
      return (
        <p className="text-fg-2">
          Connected
          {latencyMilliseconds !== null && `, ${formatCompact(latencyMilliseconds)} ms there and back`}.
        </p>
      );
    case "cached":
      return (
        <p className="text-fg-2">
          {connection.at ? (
            <span className="text-fg">Cached at {formatMoment(connection.at, now)} UTC. </span>
          ) : (
            <span className="text-fg">Never reached. </span>
          )}
          {plainLine(connection.reason)}
        </p>
      );
    // Settings are of the present; shown all the same should that change.
    case "past":
      return <p className="text-fg-2">Shown as it was at {formatMoment(connection.at, now)} UTC.</p>;
  }
}

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt className="text-fg-3 text-sm">{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function LabelledCopy({ label, text, testId }: { label: string; text: string; testId: string }) {
  return (
    <div className="grid grid-cols-[160px_minmax(0,1fr)] items-center">
      <span className="text-fg-3 text-sm">{label}</span>
      <CopyText text={text} label={`Copy: ${label}`} testId={testId} />
    </div>
  );
}

function RemoveHubDialog({ hub, onClose }: { hub: HubRow; onClose: () => void }) {
  const remove = useRequest("remove_hub");
  const confirm = async () => {
    if ((await remove.send({ hub: hub.chip.hub })) !== undefined) onClose();
  };
  return (
    <Modal label="Remove the hub" onClose={onClose} testId="remove-hub-dialog" className="w-[440px]">
      <div className="grid gap-3 p-5">
        <h2 className="font-semibold text-lg">Remove {plainLine(hub.chip.name)}?</h2>
        <p className="text-fg-2">
          This console stops following it and deletes its cache of {formatCount(hub.cachedRecords)} records.
          The hub itself keeps everything.
        </p>
        <RequestFailure error={remove.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button
            variant="danger"
            testId="remove-hub-confirm"
            disabledReason={remove.pending ? "Under way." : null}
            onClick={() => void confirm()}
          >
            Remove
          </Button>
        </div>
      </div>
    </Modal>
  );
}
