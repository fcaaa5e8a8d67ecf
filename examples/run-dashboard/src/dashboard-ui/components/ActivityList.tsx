import { describeActor } from "../../dashboard-state/actor";
import type { Activity } from "../../dashboard-state/store";
import { formatTime } from "../format";
import { StatusMark } from "./StatusMark";

/** What was done here, and on whose behalf. */
export function ActivityList({ entries, short = false }: { entries: readonly Activity[]; short?: boolean }) {
  return (
    <ol className={short ? "activity short" : "activity"} data-testid="activity">
      {entries.map(({ id, at, by, title, detail, tone, command }) => (
        <li key={id} data-testid="activity-entry" data-command={command ?? ""} title={`${title}: ${detail}`}>
          <time className="faint" dateTime={new Date(at).toISOString()}>
            {formatTime(at)}
          </time>
          <StatusMark tone={tone} />
          {short ? (
            <span className="cut">
              {title} <span className="faint">{describeActor(by)}</span>
            </span>
          ) : (
            <>
              <span className="dim cut">{describeActor(by)}</span>
              <span className={command ? "mono cut" : "cut"}>{title}</span>
              <span className="dim cut">{detail}</span>
            </>
          )}
        </li>
      ))}
    </ol>
  );
}
