import { useEffect, useRef, useState } from "react";
import type { ConnectHub } from "../../bindings/ConnectHub";
import type { CreatedToken } from "../../bindings/CreatedToken";
import { Button } from "../../components/Button";
import { CopyButton } from "../../components/CopyButton";
import { CopyText } from "../../components/CopyText";
import { Notice } from "../../components/Notice";
import { Segmented } from "../../components/Segmented";
import { plainLine } from "../../format/plainText";

interface HandoverProps {
  hub: ConnectHub;
  token: CreatedToken;
  label: string;
  onAnother: () => void;
}

/** What the dashboard needs: address, token, and the code that uses them. */
export function Handover({ hub, token, label, onAnother }: HandoverProps) {
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus(), []);
  const { snippets } = token;
  const [key, setKey] = useState(snippets[0]?.key ?? "");
  const snippet = snippets.find((one) => one.key === key);

  return (
    <section aria-labelledby="handover-title" data-testid="handover">
      <div className="flex h-9 items-end justify-between pb-2">
        <h2 id="handover-title" ref={title} tabIndex={-1} className="caps outline-none">
          For {plainLine(label)}
        </h2>
        <Button testId="connect-another" onClick={onAnother}>
          Connect another…
        </Button>
      </div>
      <div className="panel grid gap-4 p-4">
        <Notice status="caution">
          The token is shown here and never again: copy it, or the code with it, before you leave this page.
          Keep it out of your repository.
        </Notice>
        <dl className="grid grid-cols-[120px_minmax(0,1fr)] items-center gap-x-3 gap-y-2">
          <dt className="text-fg-3 text-sm">Token</dt>
          <dd>
            <CopyText text={token.secret} label="Copy the token" testId="connect-secret" />
          </dd>
          <dt className="text-fg-3 text-sm">Address</dt>
          <dd>
            <CopyText text={hub.address} label="Copy the address" testId="connect-address" />
          </dd>
          <dt className="text-fg-3 text-sm">In full</dt>
          <dd>
            <CopyText text={hub.dashboardAddress} label="Copy the full address" />
          </dd>
        </dl>
        <div className="grid gap-2">
          <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
            <Segmented
              label="Code for"
              value={key}
              options={snippets.map((one) => ({ value: one.key, label: one.title }))}
              onChange={setKey}
              testId="snippet"
            />
            {snippet && <span className="text-fg-2">{snippet.hint}</span>}
            {snippet && (
              <span className="ml-auto">
                <CopyButton
                  text={snippet.code}
                  label={`Copy the code for ${snippet.title}`}
                  failure="Select it and copy"
                  testId="copy-code"
                >
                  Copy the code
                </CopyButton>
              </span>
            )}
          </div>
          {snippet && (
            <pre
              role="group"
              tabIndex={0}
              aria-label={`Code for ${snippet.title}`}
              data-testid="snippet-code"
              className="max-h-[60vh] overflow-auto rounded-md border border-line bg-bg p-3 font-mono text-fg text-sm/[18px] select-text"
            >
              <code>{snippet.code}</code>
            </pre>
          )}
        </div>
      </div>
    </section>
  );
}
