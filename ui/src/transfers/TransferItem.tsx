import type { Status } from "../bindings/Status";
import type { TransferRow } from "../bindings/TransferRow";
import { Button } from "../components/Button";
import { RequestFailure } from "../components/Notice";
import { ProgressBar } from "../components/ProgressBar";
import { StatusIcon } from "../components/StatusIcon";
import { formatBytes, formatCount } from "../format/numbers";
import { plainLine } from "../format/plainText";
import { useRequest } from "../platform/useView";

/** One export, archive or import: where it stands, and what can be done about it. */
export function TransferItem({ transfer, onDismiss }: { transfer: TransferRow; onDismiss?: () => void }) {
  const cancel = useRequest("cancel_transfer");
  const dismiss = useRequest("dismiss_transfer");
  const { state } = transfer;
  return (
    <article className="grid gap-2" data-testid={`transfer-${transfer.id}`} data-state={state.state}>
      <div className="flex items-center gap-2">
        <StatusIcon status={transferStatus(transfer)} label="" />
        <h3 className="min-w-0 flex-1 truncate font-semibold">{plainLine(transfer.title)}</h3>
        {state.state === "running" ? (
          <Button
            testId="transfer-cancel"
            disabledReason={cancel.pending ? "Under way." : null}
            onClick={() => void cancel.send({ id: transfer.id })}
          >
            Cancel
          </Button>
        ) : (
          onDismiss && (
            <Button
              variant="quiet"
              testId="transfer-dismiss"
              onClick={() => {
                void dismiss.send({ id: transfer.id });
                onDismiss();
              }}
            >
              Clear
            </Button>
          )
        )}
      </div>
      <p className="break-all font-mono text-fg-2 text-sm">
        <bdi>{plainLine(transfer.path)}</bdi>
      </p>
      {state.state === "running" && <ProgressBar part={state.part} label={transfer.title} />}
      <p className="text-fg-2" role="status" data-testid="transfer-text">
        {transferText(transfer)}
      </p>
      <RequestFailure error={cancel.error ?? dismiss.error} />
    </article>
  );
}

export function transferStatus({ state }: TransferRow): Status {
  switch (state.state) {
    case "running":
      return "standby";
    case "done":
      return "normal";
    case "failed":
      return "serious";
    case "cancelled":
      return "off";
  }
}

function transferText({ kind, state }: TransferRow): string {
  const [one, many] = kind === "export" ? ["row", "rows"] : ["record", "records"];
  switch (state.state) {
    case "running":
      return `${Math.floor(state.part * 100)} % · ${formatCount(state.lookedAt)} looked at · ${formatCount(state.written)} written`;
    case "done":
      return [
        `${formatCount(state.count)} ${state.count === 1 ? one : many}, ${formatBytes(state.bytes)}.`,
        state.note === null ? "" : plainLine(state.note),
      ]
        .join(" ")
        .trim();
    case "failed":
      return plainLine(state.message);
    case "cancelled":
      return "Cancelled. Nothing was written.";
  }
}
