import { act, cleanup, render, screen } from "@testing-library/react";
import axe from "axe-core";
import { StrictMode } from "react";
import { renderToString } from "react-dom/server";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { CommandHandler } from "../commands/context.js";
import type { ConnectionDetail, ConnectionStatus } from "../connection/status.js";
import { Listeners } from "../listeners.js";
import type { Command } from "../protocol/index.js";
import { MissionControlService } from "../service.js";
import type { ServiceMetrics } from "../service-metrics.js";
import { ENGLISH_LABELS, MissionControlStatus, type StatusSource } from "./index.js";

class FakeService implements StatusSource {
  connection: ConnectionDetail = { status: "connecting" };
  metrics: ServiceMetrics = {
    eventCount: 12,
    errorCount: 3,
    uptime: 3_723_000,
    acknowledged: 0,
    queued: 0,
    queuedBytes: 0,
    dropped: 0,
    refused: 0,
    registrations: 0,
    durable: true,
  };
  readonly connections = new Listeners<[ConnectionStatus, ConnectionDetail]>("", () => {});
  readonly commands = new Set<CommandHandler>();

  onConnectionChange(listener: (status: ConnectionStatus, detail: ConnectionDetail) => unknown) {
    return this.connections.add(listener);
  }

  onCommand(handler: CommandHandler) {
    this.commands.add(handler);
    return () => this.commands.delete(handler);
  }

  getMetrics() {
    return this.metrics;
  }

  become(detail: ConnectionDetail) {
    this.connection = detail;
    this.connections.tell(detail.status, detail);
  }

  start(type: string) {
    const command = { type, issuedAt: "2026-11-22T20:00:00.000Z" } as Command;
    const context = { signal: new AbortController().signal, progress: () => {} };
    for (const handler of this.commands) handler(command, context);
  }
}

let service: FakeService;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  service = new FakeService();
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

describe("MissionControlStatus", () => {
  test("says how the connection is, and announces when it changes", () => {
    render(<MissionControlStatus service={service} />);
    expect(screen.getByRole("status").textContent).toBe("Mission Control Connecting");
    act(() => service.become({ status: "connected" }));
    expect(screen.getByRole("status").textContent).toBe("Mission Control Connected");
    act(() =>
      service.become({ status: "refused", code: "TOKEN_INVALID", cause: "the token is not this hub's" }),
    );
    expect(screen.getByRole("region", { name: "Mission Control" }).textContent).toContain(
      "the token is not this hub's",
    );
  });

  test("shows each status by another mark than the colour alone", () => {
    const marks = new Set<string | null | undefined>();
    const { container } = render(<MissionControlStatus service={service} />);
    for (const status of ["connected", "reconnecting", "disconnected", "refused"] as const) {
      act(() => service.become({ status }));
      marks.add(container.querySelector("path")?.getAttribute("d"));
    }
    expect(marks.size).toBe(4);
  });

  test("shows the last command and the numbers, kept up to date", () => {
    render(<MissionControlStatus service={service} />);
    expect(screen.getByRole("region").textContent).toContain("Events:12Errors:3Uptime:1 h 2 min");
    act(() => service.start("CLEAR_DATA"));
    expect(screen.getByRole("region").textContent).toContain("Last Command: CLEAR_DATA (");
    service.metrics = { ...service.metrics, eventCount: 13, uptime: 59_999, queued: 4 };
    act(() => {
      vi.advanceTimersByTime(5_000);
    });
    expect(screen.getByRole("region").textContent).toContain("Events:13Errors:3Uptime:59 sWaiting:4");
  });

  test("can be themed and translated", () => {
    const labels = { ...ENGLISH_LABELS, status: { ...ENGLISH_LABELS.status, connecting: "verbindet" } };
    render(<MissionControlStatus service={service} className="mine" labels={labels} />);
    expect(screen.getByRole("status").textContent).toBe("Mission Control verbindet");
    expect(screen.getByRole("region").className).toBe("mission-control-status mine");
  });

  test("has nothing that axe objects to", async () => {
    vi.useRealTimers();
    const { container } = render(<MissionControlStatus service={service} />);
    act(() => service.start("CLEAR_DATA"));
    const { violations } = await axe.run(container, { rules: { "color-contrast": { enabled: false } } });
    expect(violations).toEqual([]);
  });

  test("leaves nothing behind", () => {
    const { unmount } = render(
      <StrictMode>
        <MissionControlStatus service={service} />
      </StrictMode>,
    );
    expect(service.commands.size).toBe(1);
    unmount();
    expect(service.commands.size).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("renders on a server, and takes the real service", () => {
    const real = new MissionControlService({ url: "ws://127.0.0.1:1", token: "t" });
    expect(renderToString(<MissionControlStatus service={real} />)).toContain("Disconnected");
  });
});
