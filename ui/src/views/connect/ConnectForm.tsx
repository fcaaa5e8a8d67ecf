import { useState } from "react";
import type { ConnectHub } from "../../bindings/ConnectHub";
import type { CreatedToken } from "../../bindings/CreatedToken";
import type { HubKey } from "../../bindings/HubKey";
import { Button } from "../../components/Button";
import { CopyText } from "../../components/CopyText";
import { Notice, RequestFailure } from "../../components/Notice";
import { Select } from "../../components/Select";
import { plainLine } from "../../format/plainText";
import { useRequest } from "../../platform/useView";

interface ConnectFormProps {
  hubs: ConnectHub[];
  hub: ConnectHub;
  onChoose: (hub: HubKey) => void;
  onMade: (token: CreatedToken, label: string) => void;
}

/** Which hub, and what the token is for. */
export function ConnectForm({ hubs, hub, onChoose, onMade }: ConnectFormProps) {
  const create = useRequest("create_token");
  const [label, setLabel] = useState("");
  const name = label.trim();
  const reason =
    hub.disabled ?? (name === "" ? "Say first what it is for." : create.pending ? "Under way." : null);

  const make = async () => {
    const token = await create.send({ request: { hub: hub.hub, label: name } });
    if (token !== undefined) onMade(token, name);
  };

  return (
    <section aria-labelledby="make-title">
      <h2 id="make-title" className="caps flex h-9 items-end pb-2">
        A token for it
      </h2>
      <form
        className="panel grid gap-4 p-4"
        data-testid="connect-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (reason === null) void make();
        }}
      >
        <div className="grid gap-1">
          <span className="text-sm">Hub</span>
          {hubs.length > 1 ? (
            <Select
              label="Hub"
              testId="connect-hub"
              className="max-w-96"
              value={hub.hub}
              options={hubs.map((one) => ({
                value: one.hub,
                label: `${plainLine(one.name)}${one.embedded ? ", inside this program" : ""}`,
              }))}
              onChange={onChoose}
            />
          ) : (
            <span className="font-semibold">{plainLine(hub.name)}</span>
          )}
        </div>
        <div className="grid gap-1">
          <span className="text-sm">Its address for dashboards</span>
          <CopyText text={hub.address} label="Copy the address" testId="connect-address" />
          <span className="text-fg-3 text-sm">{plainLine(hub.reach)}</span>
        </div>
        {hub.disabled && (
          <Notice status="caution" testId="connect-disabled">
            {plainLine(hub.disabled)} A token can be made once it is.
          </Notice>
        )}
        <label className="grid gap-1">
          <span className="text-sm">What is the dashboard called?</span>
          <input
            // biome-ignore lint/a11y/noAutofocus: the page was opened in order to type this
            autoFocus
            className="field max-w-96"
            placeholder="Energy, hall 3"
            data-testid="connect-label"
            maxLength={80}
            value={label}
            onChange={(event) => setLabel(event.target.value)}
          />
          <span className="text-fg-3 text-sm">The token is listed under this name in the settings.</span>
        </label>
        <RequestFailure error={create.error} />
        <div>
          <Button type="submit" variant="primary" testId="create-token" disabledReason={reason}>
            Make a token
          </Button>
        </div>
      </form>
    </section>
  );
}
