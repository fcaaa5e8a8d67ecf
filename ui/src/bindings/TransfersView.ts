import type { TransferRow } from "./TransferRow";
export type TransfersView = { transfers: Array<TransferRow> };
