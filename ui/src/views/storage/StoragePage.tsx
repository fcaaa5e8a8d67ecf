import { useState } from "react";
import type { HubKey } from "../../bindings/HubKey";
import type { StorageHealth } from "../../bindings/StorageHealth";
import { FailedState, LoadingState } from "../../components/EmptyState";
import { Segmented } from "../../components/Segmented";
import { StatusIcon } from "../../components/StatusIcon";
import { plainLine } from "../../format/plainText";
import { useView } from "../../platform/useView";
import { Care } from "./Care";
import { Numbers } from "./Numbers";
import { Retention } from "./Retention";
import { useStorage } from "./useStorage";

/** How the log of each hub fares on disk, what is kept of it, and what can be done about it. */
export function StoragePage() {
  const { model, error } = useView<"settings">({ view: "settings" });
  const [chosen, setChosen] = useState<HubKey | null>(null);
  const hubs = model?.hubs.map((hub) => hub.chip) ?? [];
  const hub = hubs.find((one) => one.hub === chosen) ?? hubs[0];
  return (
    <main className="min-h-0 flex-1 overflow-y-auto px-5 pt-4 pb-10" data-testid="storage-page">
      <div className="max-w-[920px] min-[1560px]:max-w-[1800px]">
        <div className="flex items-center gap-4 pb-4">
          <h1 className="text-xl font-[620] tracking-[-.015em]">Storage</h1>
          {hubs.length > 1 && hub && (
            <Segmented
              label="Hub"
              value={hub.hub}
              options={hubs.map((one) => ({ value: one.hub, label: plainLine(one.name) }))}
              onChange={setChosen}
              testId="storage-hub"
            />
          )}
          <a href="#/settings" className="ml-auto text-accent hover:underline">
            Settings
          </a>
        </div>
        {error && !model ? (
          <FailedState what="the hubs" error={error} />
        ) : hub ? (
          <OneLog key={hub.hub} hub={hub.hub} />
        ) : model ? (
          <p className="text-fg-2">No hub is followed, so nothing is kept. Add one in the settings.</p>
        ) : (
          <LoadingState what="the hubs" />
        )}
      </div>
    </main>
  );
}

function OneLog({ hub }: { hub: HubKey }) {
  const storage = useStorage(hub);
  const { health, error } = storage;
  if (!health)
    return error ? <FailedState what="the storage" error={error} /> : <LoadingState what="the storage" />;
  return (
    <div className="grid items-start gap-8 min-[1560px]:grid-cols-2">
      <div className="min-[1560px]:col-span-2">
        <Summary health={health} />
      </div>
      {health.numbers && (
        <div className="grid gap-8">
          <Numbers numbers={health.numbers} />
        </div>
      )}
      <div className="grid gap-8">
        <Care health={health} storage={storage} />
        {health.role !== "archive" && (
          <Retention key={JSON.stringify(health.retention)} health={health} onSaved={storage.refresh} />
        )}
      </div>
    </div>
  );
}

function Summary({ health }: { health: StorageHealth }) {
  return (
    <section
      className="panel flex items-start gap-2.5 p-4"
      data-testid="storage-summary"
      data-status={health.status}
    >
      <StatusIcon status={health.status} className="mt-1" />
      <div className="min-w-0">
        <p className="font-semibold">{plainLine(health.summary)}</p>
        <p className="truncate font-mono text-fg-3 text-sm" title={health.path}>
          {health.path}
        </p>
      </div>
    </section>
  );
}
