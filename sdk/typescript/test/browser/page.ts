import { MissionControlService } from "../../src/index.js";

/** What the page offers to the test. */
export interface Page {
  readonly service: MissionControlService;
  /** Publishes the events `from` to `to` of a run, a few at a time, and resolves when they are stored. */
  publish(run: number, from: number, to: number): Promise<void>;
}

const parameters = new URLSearchParams(location.search);
const service = new MissionControlService({
  url: parameters.get("hub") ?? "",
  token: parameters.get("token") ?? "",
  backoff: { shortestMs: 20, longestMs: 200 },
});
service.registerDashboard({ id: "ts-browser", useCase: "energy", version: "1" });

const page: Page = {
  service,
  async publish(run, from, to) {
    for (let n = from; n <= to; n++) {
      service.publishEvent({ type: "STEP", payload: { run, n } });
      if (n % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 4));
    }
    await service.stored();
  },
};
Object.assign(globalThis, { page });
