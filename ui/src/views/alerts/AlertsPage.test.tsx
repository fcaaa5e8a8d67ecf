import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { renderApp } from "../../test/renderApp";

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
    await user.keyboard("{Enter}");
    expect(window.location.hash).toMatch(/dash-0001\/alerts$/);
  });

  it("are acknowledged with a note", async () => {
    const { platform, user } = await renderApp("live", "#/alerts/alert-2");
    await user.keyboard("a");
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
    expect(platform.sent).toEqual([]);
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
