/** What a queued message is; its `type` on the wire. */
export type QueuedKind =
  | "EVENT"
  | "METRICS"
  | "ALERT"
  | "RESOURCE_USAGE"
  | "WORKFLOW_UPDATE"
  | "COMMAND_RESULT";

/** A message that waits for the hub's acknowledgement, as it is stored. */
export interface QueuedMessage {
  /** Place in the queue: unique, and rising with the time of publication. */
  readonly key: string;
  /** What it is. */
  readonly kind: QueuedKind;
  /** The `type` of the event or alert in it, for the count of what an overflow dropped. */
  readonly subject: string;
  /** The object as JSON text, without `dashboardId`. */
  readonly body: string;
  /** Number in the session; there since it was first about to be sent. */
  readonly seq?: number;
}

/** What is kept of a session over restarts. */
export interface SessionRecord {
  /** UUID of the numbering session. */
  readonly epoch: string;
  /** Highest number the hub acknowledged. */
  readonly acknowledged: number;
  /** Commands that were started and have not expired yet: id and time of expiry, in ms since 1970. */
  readonly commands: readonly (readonly [id: string, expiresAt: number])[];
}

const FIELDS: Record<QueuedKind, string | undefined> = {
  EVENT: "event",
  METRICS: "metrics",
  ALERT: "alert",
  RESOURCE_USAGE: "usage",
  WORKFLOW_UPDATE: "update",
  // The result's fields stand in the message itself.
  COMMAND_RESULT: undefined,
};

/** Room that a frame needs beside the body, in bytes: envelope, number and id. */
const ENVELOPE = 256;

/** Writes `message` under its number as the frame the hub gets. */
export function frame(message: QueuedMessage, seq: number, dashboardId: string): string {
  const field = FIELDS[message.kind];
  if (field === undefined) return `{"type":"${message.kind}","seq":${seq},${message.body.slice(1)}`;
  // A backend's update names the dashboard it is about itself.
  const id = message.kind === "WORKFLOW_UPDATE" ? "" : `"dashboardId":${JSON.stringify(dashboardId)},`;
  return `{"type":"${message.kind}","seq":${seq},"${field}":{${id}${message.body.slice(1)}}`;
}

/** Length of `text` in UTF-8, in bytes. */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit > 0x7f) length += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return length;
}

/** Size of the message's frame at most, in bytes. */
export function frameSize(message: QueuedMessage): number {
  return utf8Length(message.body) + ENVELOPE;
}
