import { Button } from "../components/Button";
import { Modal } from "../components/Modal";
import { useView } from "../platform/useView";
import { TransferItem } from "./TransferItem";

/** Everything that is being written or taken in, and what just was. */
export function TransferList({ onClose }: { onClose: () => void }) {
  const { model } = useView<"transfers">({ view: "transfers" });
  const transfers = model?.transfers ?? [];
  return (
    <Modal label="Exports and imports" onClose={onClose} testId="transfer-list" className="w-[560px]">
      <div className="grid gap-4 p-5">
        <h2 className="font-semibold text-lg">Exports and imports</h2>
        {transfers.length === 0 && <p className="text-fg-2">None is under way.</p>}
        <div className="grid max-h-[60vh] gap-4 overflow-y-auto">
          {transfers.toReversed().map((transfer) => (
            <TransferItem key={transfer.id} transfer={transfer} onDismiss={() => undefined} />
          ))}
        </div>
        <div className="flex justify-end">
          <Button onClick={onClose}>Close</Button>
        </div>
      </div>
    </Modal>
  );
}
