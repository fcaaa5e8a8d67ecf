import type { Timestamp } from "./Timestamp";
export type ArchiveMark = { hubName: string, madeAt: Timestamp, madeBy: string, query: string, isPartial: boolean, from: Timestamp | null, to: Timestamp | null };
