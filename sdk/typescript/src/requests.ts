import { describe } from "./errors.js";
import { QUERY_TIMEOUT_MS } from "./protocol/constants.js";
import type { Configuration, DashboardMessage, Query, QueryResult } from "./protocol/index.js";

/** Answers a query: any JSON. `undefined` leaves it to the next handler; what is thrown becomes the error message. */
export type QueryHandler = (query: Query) => unknown;

/** Puts a configuration in force. What it throws, or rejects with, tells the operator why it was not. */
export type ConfigurationHandler = (values: Configuration["values"], version: number) => unknown;

/** A little less than the hub waits, so that the answer says why, in milliseconds. */
const ANSWER_WITHIN_MS = QUERY_TIMEOUT_MS * 0.9;

/** Answers queries. */
export class Queries {
  readonly #handlers = new Set<{ type: string | undefined; handler: QueryHandler }>();

  /** Adds a handler, for one type or for all. */
  add(type: string | undefined, handler: QueryHandler): () => void {
    const entry = { type, handler };
    this.#handlers.add(entry);
    return () => this.#handlers.delete(entry);
  }

  /** Answers `query`; `known` answers those that need no handler. Never rejects. */
  async answer(query: Query, known: (type: string) => unknown): Promise<QueryResult> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(
          () => reject(new Error("the dashboard took too long to answer")),
          ANSWER_WITHIN_MS,
        );
      });
      const result = await Promise.race([this.#ask(query, known), late]);
      // Told here rather than when the answer is written.
      JSON.stringify(result);
      return { queryId: query.id, success: true, result: result as never };
    } catch (error) {
      return { queryId: query.id, success: false, error: describe(error) };
    } finally {
      clearTimeout(timer);
    }
  }

  async #ask(query: Query, known: (type: string) => unknown): Promise<unknown> {
    for (const { type, handler } of this.#handlers) {
      if (type !== undefined && type !== query.type) continue;
      const value = await handler(query);
      if (value !== undefined) return value;
    }
    const value = known(query.type);
    if (value === undefined) throw new Error(`this dashboard does not answer ${query.type} queries now`);
    return value;
  }
}

/** Puts configurations in force, one at a time; of several that wait, the newest. */
export class Configurations {
  readonly #handlers = new Set<{ handler: ConfigurationHandler }>();
  #inForce: Configuration | undefined;
  /** Version that waits or is being put in force, or that came last. */
  #newest: number | undefined;
  /** What came of the last one that the handlers saw. */
  #outcome: (DashboardMessage & { type: "CONFIG_RESULT" }) | undefined;
  #dashboard: string | undefined;
  #applying: Promise<void> = Promise.resolve();

  constructor(private readonly send: (message: DashboardMessage) => void) {}

  /** The configuration in force. */
  get current(): Configuration | undefined {
    return this.#inForce;
  }

  /** Adds a handler; a configuration is in force when all have taken it. */
  add(handler: ConfigurationHandler): () => void {
    const entry = { handler };
    this.#handlers.add(entry);
    return () => this.#handlers.delete(entry);
  }

  /** What comes from now on is for this dashboard; another one's versions say nothing about its own. */
  serve(dashboard: string): void {
    if (dashboard === this.#dashboard) return;
    this.#dashboard = dashboard;
    this.#inForce = this.#newest = this.#outcome = undefined;
  }

  /** A configuration came. One that was handled before is answered again: the first answer may be lost. */
  receive(configuration: Configuration): void {
    const { version } = configuration;
    if (this.#outcome && version === this.#outcome.version) {
      this.send(this.#outcome);
      return;
    }
    // Under way; the answer follows.
    if (version === this.#newest) return;
    this.#newest = version;
    const dashboard = this.#dashboard;
    this.#applying = this.#applying.then(async () => {
      if (version !== this.#newest || dashboard !== this.#dashboard) return;
      const handled = this.#handlers.size > 0;
      const error = await this.#apply(configuration);
      if (dashboard !== this.#dashboard) return;
      if (error === undefined) this.#inForce = configuration;
      const outcome = { type: "CONFIG_RESULT" as const, version, success: error === undefined, error };
      if (handled) this.#outcome = outcome;
      // A handler may be there when it comes again.
      else if (version === this.#newest) this.#newest = undefined;
      this.send(outcome);
    });
  }

  async #apply({ values, version }: Configuration): Promise<string | undefined> {
    if (this.#handlers.size === 0) return "this dashboard takes no configuration";
    try {
      for (const { handler } of this.#handlers) await handler(values, version);
      return undefined;
    } catch (error) {
      return describe(error);
    }
  }
}
