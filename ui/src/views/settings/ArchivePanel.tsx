import { useState } from "react";
import type { ArchiveMark } from "../../bindings/ArchiveMark";
import type { HubRow } from "../../bindings/HubRow";
import { Button } from "../../components/Button";
import { Modal } from "../../components/Modal";
import { RequestFailure } from "../../components/Notice";
import { StatusIcon } from "../../components/StatusIcon";
import { Text } from "../../components/Text";
import { formatBytes, formatCount } from "../../format/numbers";
import { plainLine } from "../../format/plainText";
import { formatInstant } from "../../format/times";
import { useRequest } from "../../platform/useView";

const second = (at: string) => formatInstant(at).slice(0, 19);

/** An archive among the hubs: what it is of, and the way to be rid of it. */
export function ArchivePanel({ hub, archive }: { hub: HubRow; archive: ArchiveMark }) {
  const { chip } = hub;
  const [removing, setRemoving] = useState(false);
  return (
    <article className="panel grid gap-3 p-4" data-testid={`hub-${chip.name}`} data-state="archive">
      <div className="flex items-center gap-2">
        <StatusIcon status={chip.status} label="Archive" />
        <h3 className="min-w-0 truncate font-semibold">
          <Text value={chip.name} titled />
        </h3>
        <span className="rounded-sm bg-raised px-1.5 text-fg-2 text-xs">archive</span>
        <Button className="ml-auto" testId={`hub-remove-${chip.name}`} onClick={() => setRemoving(true)}>
          Remove…
        </Button>
      </div>
      <p className="text-fg-2">
        Made {second(archive.madeAt)} UTC by {plainLine(archive.madeBy)}. It is never connected: it can be
        looked at and searched, and nothing can be sent to it.
      </p>
      {archive.isPartial && (
        <p className="text-fg-2">
          It holds only what matches{" "}
          <code className="rounded-sm bg-raised px-1 font-mono text-fg text-sm">
            {plainLine(archive.query)}
          </code>
          , and the state at the beginning of the dashboards concerned.
        </p>
      )}
      <dl className="grid grid-cols-[repeat(auto-fit,minmax(140px,1fr))] gap-3">
        <Figure name="From" value={archive.from ? second(archive.from) : "–"} />
        <Figure name="To" value={archive.to ? second(archive.to) : "–"} />
        <Figure name="Dashboards" value={formatCount(chip.dashboards)} />
        <Figure name="Records" value={formatCount(hub.cachedRecords)} />
        <Figure name="Size" value={formatBytes(hub.cacheBytes)} />
      </dl>
      {removing && <RemoveArchiveDialog hub={hub} onClose={() => setRemoving(false)} />}
    </article>
  );
}

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt className="text-fg-3 text-sm">{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function RemoveArchiveDialog({ hub, onClose }: { hub: HubRow; onClose: () => void }) {
  const remove = useRequest("remove_hub");
  const confirm = async () => {
    if ((await remove.send({ hub: hub.chip.hub })) !== undefined) onClose();
  };
  return (
    <Modal label="Remove the archive" onClose={onClose} testId="remove-hub-dialog" className="w-[440px]">
      <div className="grid gap-3 p-5">
        <h2 className="font-semibold text-lg">Remove {plainLine(hub.chip.name)}?</h2>
        <p className="text-fg-2">
          This program's copy of it is deleted. The file it was imported from stays where it is.
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
