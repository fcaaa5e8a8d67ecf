import { create } from "zustand";
import type { ChartSeriesRequest } from "../bindings/ChartSeriesRequest";
import type { SearchScope } from "../bindings/SearchScope";

/** What an export dialog was opened for. */
export type ExportWish =
  | { kind: "records"; scope: SearchScope }
  | { kind: "series"; chart: ChartSeriesRequest };

type Dialog = { name: "export"; wish: ExportWish } | { name: "import" } | { name: "list" };

interface TransferState {
  dialog: Dialog | null;
  open: (dialog: Dialog) => void;
  close: () => void;
}

/** Which dialog about files is open: they are opened from several views, and outlive the view. */
export const useTransferStore = create<TransferState>((set) => ({
  dialog: null,
  open: (dialog) => set({ dialog }),
  close: () => set({ dialog: null }),
}));
