import { useState } from "react";
import type { HubRow } from "../../bindings/HubRow";
import type { TokenRow } from "../../bindings/TokenRow";
import { Button } from "../../components/Button";
import { Modal } from "../../components/Modal";
import { Age } from "../../components/Moment";
import { Notice, RequestFailure } from "../../components/Notice";
import { plainLine } from "../../format/plainText";
import { navigate } from "../../navigation/useRoute";
import { useRequest } from "../../platform/useView";

/** The tokens that operators had a hub make for dashboards, and the way to make one more. */
export function HubTokens({ hub }: { hub: HubRow }) {
  const [revoking, setRevoking] = useState<TokenRow | null>(null);
  return (
    <div className="grid gap-2" data-testid={`tokens-${hub.chip.name}`}>
      <div className="flex items-end justify-between">
        <h4 className="text-fg-3 text-sm">Tokens of single dashboards</h4>
        <Button
          testId={`connect-${hub.chip.name}`}
          onClick={() => navigate({ view: "connect", hub: hub.chip.hub })}
        >
          Connect a dashboard…
        </Button>
      </div>
      {hub.tokensNote && <Notice status="serious">{plainLine(hub.tokensNote)}</Notice>}
      {hub.tokens.length === 0 ? (
        <p className="text-fg-2">None yet. Dashboards that use the shared token are not listed.</p>
      ) : (
        <ul className="divide-y divide-line rounded-md border border-line">
          {hub.tokens.map((token) => (
            <li key={token.id} className="flex items-center gap-3 px-3 py-1.5" data-testid="token-row">
              <span className="min-w-0 flex-1">
                <span className="block truncate">{plainLine(token.label)}</span>
                <span className="block truncate text-fg-3 text-sm">
                  made by {token.createdBy} <Age at={token.createdAt} />
                </span>
              </span>
              <span className="min-w-0 flex-1 truncate text-fg-2 text-sm">
                {token.lastUsedAt ? (
                  <>
                    {token.lastUsedBy} registered <Age at={token.lastUsedAt} />
                  </>
                ) : (
                  "never used"
                )}
              </span>
              <Button
                testId={`revoke-${token.label}`}
                aria-label={`Revoke the token ${token.label}`}
                disabledReason={hub.chip.connection.state === "live" ? null : "The hub is not connected."}
                onClick={() => setRevoking(token)}
              >
                Revoke…
              </Button>
            </li>
          ))}
        </ul>
      )}
      {revoking && <RevokeDialog hub={hub} token={revoking} onClose={() => setRevoking(null)} />}
    </div>
  );
}

function RevokeDialog({ hub, token, onClose }: { hub: HubRow; token: TokenRow; onClose: () => void }) {
  const revoke = useRequest("revoke_token");
  const confirm = async () => {
    if ((await revoke.send({ hub: hub.chip.hub, tokenId: token.id })) !== undefined) onClose();
  };
  return (
    <Modal label="Revoke the token" onClose={onClose} testId="revoke-dialog" className="w-[440px]">
      <div className="grid gap-3 p-5">
        <h2 className="font-semibold text-lg">Revoke the token of {plainLine(token.label)}?</h2>
        <p className="text-fg-2">
          Whoever is connected with it is disconnected now and not let in again
          {token.lastUsedBy ? `, ${token.lastUsedBy} for one` : ""}. That cannot be taken back; a new token
          can be made at any time.
        </p>
        <RequestFailure error={revoke.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button
            variant="danger"
            testId="revoke-confirm"
            disabledReason={revoke.pending ? "Under way." : null}
            onClick={() => void confirm()}
          >
            Revoke
          </Button>
        </div>
      </div>
    </Modal>
  );
}
