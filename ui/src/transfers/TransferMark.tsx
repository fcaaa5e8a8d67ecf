import { StatusIcon } from "../components/StatusIcon";
import { useView } from "../platform/useView";
import { transferStatus } from "./TransferItem";
import { useTransferStore } from "./transferStore";

const names = { export: "Export", archive: "Archive", import: "Import" } as const;

/** In the status bar: the export or import that is under way, or just over. Nothing while there is none. */
export function TransferMark() {
  const { model } = useView<"transfers">({ view: "transfers" });
  const open = useTransferStore((state) => state.open);
  const transfers = model?.transfers ?? [];
  const shown = transfers.findLast((one) => one.state.state === "running") ?? transfers.at(-1);
  if (!shown) return null;
  const { state } = shown;
  const text =
    state.state === "running"
      ? `${Math.floor(state.part * 100)} %`
      : { done: "done", failed: "failed", cancelled: "cancelled" }[state.state];
  return (
    <button
      type="button"
      data-testid="transfer-mark"
      data-state={state.state}
      aria-label={`${shown.title}: ${text}`}
      onClick={() => open({ name: "list" })}
      className="flex h-[26px] flex-none items-center gap-1.5 rounded-md px-1.5 text-fg-2 -outline-offset-2 hover:bg-raised hover:text-fg"
    >
      <StatusIcon status={transferStatus(shown)} label="" />
      {names[shown.kind]} {text}
    </button>
  );
}
