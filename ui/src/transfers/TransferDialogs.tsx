import { ExportDialog } from "./ExportDialog";
import { ImportDialog } from "./ImportDialog";
import { TransferList } from "./TransferList";
import { useTransferStore } from "./transferStore";

/** The dialog about files that is open, over whatever view. */
export function TransferDialogs() {
  const { dialog, close } = useTransferStore();
  switch (dialog?.name) {
    case "export":
      return <ExportDialog wish={dialog.wish} onClose={close} />;
    case "import":
      return <ImportDialog onClose={close} />;
    case "list":
      return <TransferList onClose={close} />;
    default:
      return null;
  }
}
