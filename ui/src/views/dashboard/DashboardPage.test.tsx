import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { dashboardHash, renderApp } from "../../test/renderApp";

describe("a dashboard", () => {
  it("shows its link, every field of its status, its resources, and a chart for each metric", async () => {
    await renderApp("live", dashboardHash("dash-0001", "overview"));
    const link = screen.getByTestId("mission-control-status");
    expect(link.textContent).toContain("Mission Control connected");
    expect(screen.getByTestId("last-command").textContent).toContain("INGEST_DATA");
    expect(screen.getByTestId("event-count").textContent).toBe("4,118");
    expect(screen.getByTestId("error-count").textContent).toBe("12");
    expect(screen.getByTestId("uptime").textContent).toBe("2 h 36 min");
    const status = screen.getByTestId("status-panel");
    for (const field of [
      "State",
      "Use case",
      "Has data",
      "Records",
      "Last ingested",
      "Active tab",
      "Connected users",
      "Response time",
      "Error rate",
      "Throughput",
    ])
      expect(within(status).getByText(field)).toBeTruthy();
    expect(screen.getByTestId("process-table").textContent).toContain("agent-runner");
    for (const group of ["status", "performance", "usage", "data", "agents", "workflows", "resources"])
      expect(screen.getByTestId(`charts-${group}`)).toBeTruthy();
    expect(screen.getByTestId("chart-performance.apiResponseTime").textContent).toContain("ms");
  });

  it("asks for another span", async () => {
    const { user } = await renderApp("live", dashboardHash("dash-0001", "overview"));
    await user.click(screen.getByTestId("chart-range-day"));
    expect(screen.getByTestId("chart-range-day").getAttribute("aria-pressed")).toBe("true");
    expect(screen.getByTestId("chart-status.responseTime")).toBeTruthy();
  });

  it("has a section for each part, each with its address", async () => {
    const { user } = await renderApp("live", dashboardHash("dash-0001", "workflows"));
    expect(screen.getByTestId("charts-workflows")).toBeTruthy();
    expect(screen.queryByTestId("charts-usage")).toBeNull();
    await user.click(screen.getByTestId("section-alerts"));
    expect((await screen.findByTestId("alert-card-alert-2")).textContent).toContain("Data quality score");
  });

  it("opens an event, and loads older ones", async () => {
    const { platform, user } = await renderApp("live", dashboardHash("dash-0001", "events"));
    const rows = screen.getAllByTestId("event-row");
    const first = rows[0];
    if (!first) throw new Error("there is no event");
    await user.click(first);
    expect(screen.getByTestId("event-payload").textContent).toContain('"context"');
    const oldest = Number(rows.at(-1)?.dataset.seq);
    fireEvent.click(screen.getByTestId("load-older"));
    await waitFor(() => expect(screen.getAllByTestId("event-row").length).toBeGreaterThan(rows.length));
    expect(platform.sent.at(-1)).toMatchObject({
      name: "events_page",
      args: { request: { beforeSeq: oldest } },
    });
  });

  it("pushes a configuration only when it is an object", async () => {
    const { platform, user } = await renderApp("live", dashboardHash("dash-0001", "configuration"));
    expect(screen.getByTestId("configuration-state").dataset.state).toBe("applied");
    expect(screen.getByTestId("registration").textContent).toContain("4.12.0");
    await user.click(screen.getByTestId("edit-configuration"));
    const editor = screen.getByTestId("configuration-editor");
    await user.clear(editor);
    await user.click(editor);
    await user.paste("[1]");
    expect(screen.getByTestId("push-configuration").getAttribute("aria-disabled")).toBe("true");
    await user.clear(editor);
    await user.click(editor);
    await user.paste('{"refreshSeconds": 10}');
    await user.click(screen.getByTestId("push-configuration"));
    expect(platform.sent.at(-1)).toMatchObject({
      name: "push_configuration",
      args: { request: { values: { refreshSeconds: 10 } } },
    });
  });

  it("asks a query and shows the answer", async () => {
    const { user } = await renderApp("live", dashboardHash("dash-0001", "configuration"));
    await user.click(screen.getByTestId("ask-query"));
    expect((await screen.findByTestId("query-answer")).textContent).toContain('"state": "active"');
  });

  it("says that its clock is off, and that it is not connected", async () => {
    await renderApp("live", dashboardHash("dash-0007", "overview"));
    expect(screen.getByTestId("clock-skew").textContent).toContain("1 d ahead of");
  });

  it("is not green and takes no command when cached", async () => {
    await renderApp("cached", dashboardHash("dash-0001", "overview"));
    expect(screen.getByTestId("dashboard-header").dataset.status).toBe("off");
    expect(screen.getByTestId("mission-control-connection").textContent).toContain("disconnected");
    expect(screen.getByTestId("dashboard-send-command").getAttribute("aria-disabled")).toBe("true");
    expect(screen.getByTestId("dashboard-page").querySelector("svg[data-status=normal]")).toBeNull();
  });

  it("says when nobody knows it, and why it cannot be shown", async () => {
    await renderApp("empty", dashboardHash("nobody", "overview"));
    expect((await screen.findByTestId("dashboard-unknown")).textContent).toContain("nobody");
  });
});
