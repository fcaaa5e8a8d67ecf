import type { AddHub } from "../bindings/AddHub";
import type { AlertActionOutcome } from "../bindings/AlertActionOutcome";
import type { AlertButton } from "../bindings/AlertButton";
import type { AlertId } from "../bindings/AlertId";
import type { AlertingChanged } from "../bindings/AlertingChanged";
import type { AlertStatistics } from "../bindings/AlertStatistics";
import type { AlertStatisticsRequest } from "../bindings/AlertStatisticsRequest";
import type { BackTestRequest } from "../bindings/BackTestRequest";
import type { BackTestView } from "../bindings/BackTestView";
import type { ChangeAlerting } from "../bindings/ChangeAlerting";
import type { ChartSeriesRequest } from "../bindings/ChartSeriesRequest";
import type { CommandId } from "../bindings/CommandId";
import type { CompleteQuery } from "../bindings/CompleteQuery";
import type { ConductTime } from "../bindings/ConductTime";
import type { CreatedToken } from "../bindings/CreatedToken";
import type { CreateToken } from "../bindings/CreateToken";
import type { EventsAround } from "../bindings/EventsAround";
import type { EventsAroundRequest } from "../bindings/EventsAroundRequest";
import type { EventsPage } from "../bindings/EventsPage";
import type { EventsPageRequest } from "../bindings/EventsPageRequest";
import type { HubKey } from "../bindings/HubKey";
import type { IssueCommand } from "../bindings/IssueCommand";
import type { IssuedCommand } from "../bindings/IssuedCommand";
import type { Navigation } from "../bindings/Navigation";
import type { NotificationPolicySettings } from "../bindings/NotificationPolicySettings";
import type { OutliersRequest } from "../bindings/OutliersRequest";
import type { PayloadVerdict } from "../bindings/PayloadVerdict";
import type { Preferences } from "../bindings/Preferences";
import type { PushConfiguration } from "../bindings/PushConfiguration";
import type { QueryAnswer } from "../bindings/QueryAnswer";
import type { QueryCompletions } from "../bindings/QueryCompletions";
import type { QueryDashboard } from "../bindings/QueryDashboard";
import type { QuerySpan } from "../bindings/QuerySpan";
import type { RankSeriesRequest } from "../bindings/RankSeriesRequest";
import type { RequestError } from "../bindings/RequestError";
import type { RetentionPreview } from "../bindings/RetentionPreview";
import type { RetentionRequest } from "../bindings/RetentionRequest";
import type { SearchOverview } from "../bindings/SearchOverview";
import type { SearchOverviewRequest } from "../bindings/SearchOverviewRequest";
import type { SearchPage } from "../bindings/SearchPage";
import type { SearchPageRequest } from "../bindings/SearchPageRequest";
import type { SearchRecord } from "../bindings/SearchRecord";
import type { SearchRecordRequest } from "../bindings/SearchRecordRequest";
import type { SearchTail } from "../bindings/SearchTail";
import type { SearchTailRequest } from "../bindings/SearchTailRequest";
import type { SeriesCatalog } from "../bindings/SeriesCatalog";
import type { SeriesChartView } from "../bindings/SeriesChartView";
import type { SeriesOutliers } from "../bindings/SeriesOutliers";
import type { SeriesRanking } from "../bindings/SeriesRanking";
import type { StartExport } from "../bindings/StartExport";
import type { StorageHealth } from "../bindings/StorageHealth";
import type { StorageTask } from "../bindings/StorageTask";
import type { StorageWork } from "../bindings/StorageWork";
import type { SuggestExportPath } from "../bindings/SuggestExportPath";
import type { SuggestedPath } from "../bindings/SuggestedPath";
import type { Timeline } from "../bindings/Timeline";
import type { TimelineRequest } from "../bindings/TimelineRequest";
import type { TokenId } from "../bindings/TokenId";
import type { ValidatePayload } from "../bindings/ValidatePayload";
import type { ViewModel } from "../bindings/ViewModel";
import type { ViewRequest } from "../bindings/ViewRequest";

/** Every request the UI can make of the console, by name: its arguments and what it returns. */
export interface Requests {
  issue_command: { args: { request: IssueCommand }; result: IssuedCommand };
  cancel_command: { args: { hub: HubKey; commandId: CommandId }; result: null };
  validate_payload: { args: { request: ValidatePayload }; result: PayloadVerdict };
  acknowledge_alert: { args: { hub: HubKey; alertId: AlertId; note: string | null }; result: null };
  change_alerting: { args: { request: ChangeAlerting }; result: AlertingChanged };
  export_rules: { args: { hub: HubKey }; result: string };
  back_test_rule: { args: { request: BackTestRequest }; result: BackTestView };
  cancel_back_test: { args: Record<string, never>; result: null };
  alert_statistics: { args: { request: AlertStatisticsRequest }; result: AlertStatistics };
  events_around: { args: { request: EventsAroundRequest }; result: EventsAround };
  resolve_alert: { args: { hub: HubKey; alertId: AlertId; note: string | null }; result: null };
  run_alert_action: {
    args: { hub: HubKey; alertId: AlertId; button: AlertButton };
    result: AlertActionOutcome;
  };
  events_page: { args: { request: EventsPageRequest }; result: EventsPage };
  series_catalog: { args: Record<string, never>; result: SeriesCatalog };
  chart_series: { args: { request: ChartSeriesRequest }; result: SeriesChartView };
  chart_csv: { args: { request: ChartSeriesRequest }; result: string };
  chart_image_place: { args: { name: string }; result: string };
  save_chart_image: { args: { path: string; png: string; replace: boolean }; result: string | null };
  rank_series: { args: { request: RankSeriesRequest }; result: SeriesRanking };
  outliers: { args: { request: OutliersRequest }; result: SeriesOutliers };
  query_dashboard: { args: { request: QueryDashboard }; result: QueryAnswer };
  push_configuration: { args: { request: PushConfiguration }; result: null };
  conduct_time: { args: { request: ConductTime }; result: null };
  timeline: { args: { request: TimelineRequest }; result: Timeline };
  search_page: { args: { request: SearchPageRequest }; result: SearchPage };
  search_tail: { args: { request: SearchTailRequest }; result: SearchTail };
  search_record: { args: { request: SearchRecordRequest }; result: SearchRecord };
  search_overview: { args: { request: SearchOverviewRequest }; result: SearchOverview };
  complete_query: { args: { request: CompleteQuery }; result: QueryCompletions };
  add_hub: { args: { request: AddHub }; result: HubKey };
  remove_hub: { args: { hub: HubKey }; result: null };
  retry_hub: { args: { hub: HubKey }; result: null };
  create_token: { args: { request: CreateToken }; result: CreatedToken };
  revoke_token: { args: { hub: HubKey; tokenId: TokenId }; result: null };
  start_export: { args: { request: StartExport }; result: number };
  import_archive: { args: { path: string }; result: number };
  cancel_transfer: { args: { id: number }; result: null };
  dismiss_transfer: { args: { id: number }; result: null };
  suggest_export_path: { args: { request: SuggestExportPath }; result: SuggestedPath };
  storage_health: { args: { hub: HubKey }; result: StorageHealth };
  preview_retention: { args: { request: RetentionRequest }; result: RetentionPreview };
  save_retention: { args: { request: RetentionRequest }; result: null };
  start_storage_work: { args: { hub: HubKey; task: StorageTask }; result: null };
  storage_work: { args: Record<string, never>; result: StorageWork | null };
  cancel_storage_work: { args: Record<string, never>; result: null };
  forget_restore: { args: Record<string, never>; result: null };
  rebuild_cache: { args: { hub: HubKey }; result: null };
  save_notification_policy: { args: { policy: NotificationPolicySettings }; result: null };
  save_preferences: { args: { preferences: Preferences }; result: null };
  test_notification: { args: Record<string, never>; result: null };
}

export type RequestName = keyof Requests;
export type ViewName = ViewRequest["view"];
export type ModelOf<V extends ViewName> = Extract<ViewModel, { view: V }>["model"];

/** The one seam between the UI and the program it runs in. */
export interface Platform {
  /** Follows a view. The whole model is pushed whenever it changes; `onError` is called when following fails. */
  subscribe(
    request: ViewRequest,
    onModel: (model: ViewModel) => void,
    onError: (error: RequestError) => void,
  ): () => void;
  /** Asks for something to be done. Rejects with a {@link RequestError}. */
  request<N extends RequestName>(name: N, args: Requests[N]["args"]): Promise<Requests[N]["result"]>;
  /** Hears what the shell wants shown: a notification was clicked, a tray entry chosen. */
  onNavigation(callback: (navigation: Navigation) => void): () => void;
}

const codes: ReadonlySet<string> = new Set<RequestError["code"]>([
  "hubDisconnected",
  "hubUnknown",
  "refused",
  "payloadInvalid",
  "inThePast",
  "invalidInput",
  "cacheUnavailable",
  "timeout",
  "queryInvalid",
  "superseded",
]);

/** Whatever was thrown, as a {@link RequestError}. */
export function asRequestError(error: unknown): RequestError {
  if (typeof error === "object" && error !== null && "code" in error && "message" in error) {
    const { code, message } = error;
    if (typeof code === "string" && codes.has(code) && typeof message === "string") {
      const problems = "problems" in error && Array.isArray(error.problems) ? error.problems : [];
      const span = "span" in error ? { span: error.span as QuerySpan } : {};
      return { code: code as RequestError["code"], message, problems, ...span };
    }
  }
  const detail =
    error instanceof Error ? error.message : typeof error === "string" ? error : "no reason given";
  return { code: "refused", message: `The program could not do this: ${detail}`, problems: [] };
}
