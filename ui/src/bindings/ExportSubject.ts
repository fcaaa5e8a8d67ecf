import type { ChartSeriesRequest } from "./ChartSeriesRequest";
import type { SearchScope } from "./SearchScope";
import type { SeriesSelection } from "./SeriesSelection";
export type ExportSubject = { "kind": "records", scope: SearchScope } | { "kind": "samples", selections: Array<SeriesSelection>, from: number, to: number } | { "kind": "chart", request: ChartSeriesRequest };
