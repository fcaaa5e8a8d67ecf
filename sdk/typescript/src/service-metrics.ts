/** What `MissionControlService.getMetrics` returns. */
export interface ServiceMetrics {
  /** Events published. */
  readonly eventCount: number;
  /** Events of severity `error` or `critical` published. */
  readonly errorCount: number;
  /** Time since the service was made, in milliseconds. */
  readonly uptime: number;
  /** Messages the hub acknowledged. */
  readonly acknowledged: number;
  /** Messages that wait for an acknowledgement. */
  readonly queued: number;
  /** Their size, in bytes. */
  readonly queuedBytes: number;
  /** Messages dropped because the queue was full; `QUEUE_OVERFLOW` events tell which. */
  readonly dropped: number;
  /** Messages that could not be sent, or that the hub did not take. */
  readonly refused: number;
  /** Times the hub confirmed the registration. */
  readonly registrations: number;
  /** Whether what is published now would survive the end of the page or process. */
  readonly durable: boolean;
}
