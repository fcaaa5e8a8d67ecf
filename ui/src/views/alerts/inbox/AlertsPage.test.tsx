import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { renderApp } from "../../../test/renderApp";

const current = () =>
  within(screen.getByRole("listbox", { name: "Alerts" })).getByRole("option", { selected: true }).dataset
    .alertId;

describe("the alerts", () => {
  it("are listed, and the keyboard walks them", async () => {
    const { user } = await renderApp("live", "#/alerts");
    expect(screen.getAllByTestId("alert-row")).toHaveLength(7);
    await waitFor(() => expect(current()).toBe("alert-1"));
    await user.keyboard("jj");
    expect(current()).toBe("alert-3");
    await user.keyboard("k");
    expect(current()).toBe("alert-2");
    await user.keyboard("d");
    expect(window.location.hash).toMatch(/dash-0001\/alerts$/);
  });

  it("are acknowledged with a note", async () => {
    const { platform, user } = await renderApp("live", "#/alerts/alert-2");
    await user.keyboard("A");
    await user.type(screen.getByTestId("alert-note"), "looking into it");
    await user.click(screen.getByTestId("alert-note-confirm"));
    expect(platform.sent).toContainEqual({
      name: "acknowledge_alert",
      args: { hub: expect.any(String), alertId: "alert-2", note: "looking into it" },
    });
    await waitFor(() =>
      expect(screen.getByTestId("alert-state").textContent).toBe("acknowledged by m.okafor"),
    );
    expect(screen.queryByTestId("alert-note-dialog")).toBeNull();
    expect(screen.queryByTestId("ack-button")).toBeNull();
  });

  it("are acknowledged at once, and resolved", async () => {
    const { platform, user } = await renderApp("live", "#/alerts/alert-2");
    await user.click(screen.getByTestId("ack-button"));
    expect(platform.sent.at(-1)).toMatchObject({ name: "acknowledge_alert", args: { note: null } });
    await user.keyboard("r");
    await user.click(screen.getByTestId("alert-note-confirm"));
    await waitFor(() => expect(screen.getAllByTestId("alert-row")).toHaveLength(6));
  });

  it("offer what their producer offers, and say why not", async () => {
    const { platform, user } = await renderApp("live", "#/alerts/alert-2");
    const detail = screen.getByTestId("alert-detail");
    await user.click(within(detail).getByText("View details"));
    expect(window.location.hash).toMatch(/dash-0001\/data$/);

    window.location.hash = "#/alerts/alert-7";
    const runbook = await screen.findByText("Open runbook");
    expect(runbook.getAttribute("aria-disabled")).toBe("true");
    const before = platform.sent.length;
    await user.click(runbook);
    expect(platform.sent).toHaveLength(before);
  });

  it("cannot be touched while their hub is out of reach", async () => {
    const { platform, user } = await renderApp("live", "#/alerts/alert-5");
    expect(screen.getByTestId("alert-title").textContent).toBe("Carrier feed is late");
    expect(screen.getByTestId("ack-button").getAttribute("aria-disabled")).toBe("true");
    await user.keyboard("a");
    expect(screen.queryByTestId("alert-note-dialog")).toBeNull();
    expect(platform.sent.filter((one) => one.name !== "chart_series")).toEqual([]);
  });

  it("are filtered by severity, scope and words", async () => {
    const { user } = await renderApp("live", "#/alerts");
    await user.selectOptions(screen.getByTestId("alerts-severity"), "error");
    await waitFor(() => expect(screen.getAllByTestId("alert-row")).toHaveLength(3));
    await user.click(screen.getByTestId("alerts-scope-resolved"));
    expect(await screen.findByTestId("alerts-filtered-empty")).toBeTruthy();
    await user.click(screen.getByText("Clear the filter"));
    await user.type(screen.getByTestId("alerts-filter"), "workflow");
    await waitFor(() => expect(screen.getAllByTestId("alert-row")).toHaveLength(1));
  });

  it("say what went wrong with a request", async () => {
    const { user } = await renderApp("live", "#/alerts/alert-2", (platform) => {
      platform.failures.acknowledge_alert = {
        code: "hubDisconnected",
        message: "The hub is gone. Try again later.",
        problems: [],
      };
    });
    await user.click(screen.getByTestId("ack-button"));
    expect((await screen.findByTestId("request-error")).textContent).toContain("The hub is gone.");
  });

  it("have states for nothing and for failure", async () => {
    await renderApp("empty", "#/alerts");
    expect(screen.getByTestId("alerts-empty")).toBeTruthy();
  });

  it("say why they cannot be shown", async () => {
    await renderApp("error", "#/alerts");
    expect(await screen.findByTestId("view-error")).toBeTruthy();
  });
});

describe("triage by keyboard alone", () => {
  it("acknowledges at once, and several together", async () => {
    const { platform, user } = await renderApp("live", "#/alerts");
    await waitFor(() => expect(current()).toBe("alert-1"));
    await user.keyboard("a");
    await waitFor(() =>
      expect(screen.getByTestId("alert-state").textContent).toBe("acknowledged by m.okafor"),
    );
    await user.keyboard("jxjx");
    expect(screen.getByTestId("alerts-selection").textContent).toContain("2 selected");
    await user.keyboard("a");
    await waitFor(() => expect(screen.queryByTestId("alerts-selection")).toBeNull());
    const acknowledged = platform.sent.filter((one) => one.name === "acknowledge_alert");
    expect(acknowledged.map((one) => one.args)).toMatchObject([
      { alertId: "alert-1" },
      { alertId: "alert-2" },
      { alertId: "alert-3" },
    ]);
  });

  it("says how many of several were not acknowledged", async () => {
    const { user } = await renderApp("live", "#/alerts/alert-1", (platform) => {
      platform.failures.acknowledge_alert = {
        code: "hubDisconnected",
        message: "The hub is gone.",
        problems: [],
      };
    });
    await user.keyboard("xjxa");
    expect(await screen.findByText("0 of 2 alerts acknowledged.")).toBeTruthy();
    expect(screen.getByTestId("request-error").textContent).toContain("The hub is gone.");
  });

  it("silences what is current, and says why it does not notify", async () => {
    const { platform, user } = await renderApp("live", "#/alerts/alert-2");
    await screen.findByTestId("alert-timeline");
    await user.keyboard("s");
    const first = screen.getByTestId<HTMLInputElement>("silence-matcher-0");
    expect(first.value).toMatch(/^dashboard=dash-/);
    await user.type(screen.getByTestId("silence-comment"), "source is down{Enter}");
    await waitFor(() => expect(screen.queryByTestId("silence-dialog")).toBeNull());
    expect(platform.sent.find((one) => one.name === "change_alerting")?.args).toMatchObject({
      request: { change: { kind: "saveSilence", silence: { id: "", comment: "source is down" } } },
    });
    expect((await screen.findByTestId("alert-holds")).textContent).toContain(
      "Silenced by m.okafor: source is down",
    );
    expect(screen.getByTestId("alert-held").textContent).toContain("source is down");
  });

  it("shelves, notes and assigns", async () => {
    const { platform, user } = await renderApp("live", "#/alerts/alert-2");
    await screen.findByTestId("alert-timeline");
    await user.keyboard("z");
    await user.click(screen.getByTestId("alert-note-confirm"));
    await user.keyboard("n");
    await user.type(screen.getByTestId("alert-note"), "seen{Enter}");
    await user.keyboard("u");
    await user.type(screen.getByTestId("assign-to"), "j.tanaka{Enter}");
    await waitFor(() => expect(screen.getByTestId("alert-assigned").textContent).toBe("j.tanaka"));
    const changes = platform.sent
      .filter((one) => one.name === "change_alerting")
      .map((one) => (one.args as { request: { change: unknown } }).request.change);
    expect(changes).toMatchObject([
      { kind: "shelve", alertId: "alert-2", minutes: 60 },
      { kind: "note", note: "seen" },
      { kind: "assign", to: "j.tanaka" },
    ]);
  });

  it("opens the alert and comes back", async () => {
    const { user } = await renderApp("live", "#/alerts/alert-2");
    await user.keyboard("{Enter}");
    expect(window.location.hash).toBe("#/alerts/alert-2/open");
    expect((await screen.findByTestId("alert-around")).textContent).toContain("Ten minutes");
    await user.keyboard("{Escape}");
    expect(window.location.hash).toBe("#/alerts/alert-2");
  });
});
