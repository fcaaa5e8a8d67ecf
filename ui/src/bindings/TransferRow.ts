import type { TransferKind } from "./TransferKind";
import type { TransferState } from "./TransferState";
export type TransferRow = { id: number, kind: TransferKind, title: string, path: string, state: TransferState };
