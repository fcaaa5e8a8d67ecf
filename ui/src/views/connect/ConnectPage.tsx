import { useState } from "react";
import type { ConnectHub } from "../../bindings/ConnectHub";
import type { CreatedToken } from "../../bindings/CreatedToken";
import type { HubKey } from "../../bindings/HubKey";
import { FailedState, LoadingState } from "../../components/EmptyState";
import { useView } from "../../platform/useView";
import { Attempts } from "./Attempts";
import { ConnectForm } from "./ConnectForm";
import { Handover } from "./Handover";
import { Watch } from "./Watch";

/** The hub inside this program: what is looked at until the hubs are known. */
const EMBEDDED: HubKey = "00000000-0000-0000-0000-000000000000";

/** A token that was made here, with the hub it is for. It is known until one leaves the page, and never again. */
interface Made {
  hub: ConnectHub;
  token: CreatedToken;
  label: string;
}

/** *Connect a dashboard*: make a token, take the code, and see the dashboard arrive, or why it does not. */
export function ConnectPage({ wanted }: { wanted: HubKey | null }) {
  const [chosen, setChosen] = useState<HubKey | null>(wanted);
  const [made, setMade] = useState<Made | null>(null);
  const { model, error } = useView<"connect">({
    view: "connect",
    hub: chosen ?? EMBEDDED,
    token: made?.token.tokenId ?? null,
  });
  const hub = model?.hubs.find((one) => one.hub === chosen) ?? model?.hubs[0];
  // Without a hub inside this program, the first that is followed.
  if (hub && hub.hub !== (chosen ?? EMBEDDED)) setChosen(hub.hub);

  return (
    <main className="min-h-0 flex-1 overflow-y-auto px-5 pt-4 pb-10">
      <div className="max-w-[1680px]">
        <h1 className="text-xl font-[620] tracking-[-.015em]">Connect a dashboard</h1>
        <p className="max-w-[80ch] pt-1 pb-4 text-fg-2">
          A dashboard joins by registering with a hub, showing a token of that hub. Make it a token of its
          own: it can be revoked without the others noticing.
        </p>
        {error && !model ? (
          <FailedState what="the hubs" error={error} />
        ) : !model || !hub ? (
          <LoadingState what="the hubs" />
        ) : (
          <div className="grid grid-cols-[minmax(0,1fr)_minmax(360px,420px)] items-start gap-6">
            {made ? (
              <Handover
                hub={made.hub}
                token={made.token}
                label={made.label}
                onAnother={() => setMade(null)}
              />
            ) : (
              <ConnectForm
                hubs={model.hubs}
                hub={hub}
                onChoose={setChosen}
                onMade={(token, label) => setMade({ hub, token, label })}
              />
            )}
            <div className="sticky top-0 grid gap-6">
              <Watch made={made !== null} model={model} hub={hub} />
              <Attempts attempts={model.attempts} since={made !== null} />
            </div>
          </div>
        )}
      </div>
    </main>
  );
}
