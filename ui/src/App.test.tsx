import { act, screen, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { EMBEDDED } from "./platform/fixture/world";
import { dashboardHash, renderApp } from "./test/renderApp";

describe("the frame", () => {
  it("shows each hub, whether this is live, the alerts by shape, and the clock", async () => {
    await renderApp("live");
    expect(screen.getByTestId("hub-chip-This workstation").textContent).toContain("0.4 ms");
    expect(screen.getByTestId("hub-chip-ops-hub").textContent).toMatch(/cached at \d\d:\d\d:\d\d/);
    expect(screen.getByTestId("live-mark").dataset.live).toBe("true");
    expect(screen.getByTestId("alert-count-critical").textContent).toBe("1");
    expect(screen.getByTestId("unacknowledged-badge").textContent).toContain("6");
    expect(screen.getByTestId("clock").textContent).toMatch(/^\d\d:\d\d:\d\d UTC$/);
    expect(screen.getByTestId("cached-banner-ops-hub").textContent).toContain("does not answer");
  });

  it("is never green when every hub is out of reach", async () => {
    await renderApp("cached");
    expect(screen.getByTestId("live-mark").dataset.live).toBe("false");
    expect(screen.getByTestId("notification-problem")).toBeTruthy();
    const fleet = screen.getByTestId("fleet-cards");
    expect(within(fleet).getAllByRole("option").length).toBeGreaterThan(3);
    expect(fleet.querySelector("[data-status=normal]")).toBeNull();
    expect(screen.getByTestId("side-panel").querySelector("svg[data-status=normal]")).toBeNull();
    for (const card of within(fleet).getAllByRole("option"))
      expect(card.textContent).toMatch(/cached \d\d:\d\d/);
  });

  it("tries a hub again when asked to", async () => {
    const { platform, user } = await renderApp("live");
    await user.click(screen.getByTestId("retry-ops-hub"));
    expect(platform.sent.at(-1)?.name).toBe("retry_hub");
  });

  it("goes where the shell leads", async () => {
    const { platform } = await renderApp("live");
    await act(async () =>
      platform.navigate({
        kind: "dashboard",
        dashboard: { hub: EMBEDDED, dashboardId: "dash-0001" },
        section: "events",
      }),
    );
    expect(await screen.findByTestId("event-feed")).toBeTruthy();
    await act(async () => platform.navigate({ kind: "alert", alertId: "alert-3" }));
    expect((await screen.findByTestId("alert-title")).textContent).toBe("Workflow Execution Failed");
  });

  it("paints the theme that was chosen", async () => {
    const { platform } = await renderApp("live");
    expect(document.documentElement.dataset.theme).toBe("dark");
    platform.world.preferences.theme = "light";
    await act(async () => platform.push());
    expect(document.documentElement.dataset.theme).toBe("light");
  });
});

describe("the keyboard", () => {
  it("goes to each view by its number, and leaves typed text alone", async () => {
    const { user } = await renderApp("live");
    await user.keyboard("2");
    expect(await screen.findByTestId("alert-list")).toBeTruthy();
    await user.keyboard("/");
    expect(document.activeElement).toBe(screen.getByTestId("alerts-filter"));
    await user.keyboard("4?j");
    expect((screen.getByTestId("alerts-filter") as HTMLInputElement).value).toBe("4?j");
    expect(screen.queryByTestId("help")).toBeNull();
  });

  it("opens help and closes it", async () => {
    const { user } = await renderApp("live");
    await user.keyboard("?");
    const help = screen.getByTestId("help");
    expect(help.textContent).toContain("Command palette");
    await user.click(within(help).getByText("Close"));
    expect(screen.queryByTestId("help")).toBeNull();
  });

  it("finds dashboards, alerts and commands in the palette", async () => {
    const { user } = await renderApp("live");
    await user.keyboard("{Control>}k{/Control}");
    await user.type(await screen.findByTestId("palette-input"), "refresh energy-lab");
    await user.keyboard("{Enter}");
    expect(window.location.hash).toContain("type=REFRESH_DATA");
    expect((await screen.findByTestId("chosen-targets")).textContent).toContain("energy-lab");
    expect(screen.getByTestId("command-form")).toBeTruthy();

    await user.keyboard("{Control>}k{/Control}");
    await user.type(await screen.findByTestId("palette-input"), "energy-grid");
    await user.keyboard("{ArrowDown}{ArrowUp}{Enter}");
    expect(await screen.findByTestId("dashboard-header")).toBeTruthy();
  });

  it("walks the sections of a dashboard", async () => {
    const { user } = await renderApp("live", dashboardHash("dash-0001", "overview"));
    await user.keyboard("]");
    expect(window.location.hash).toMatch(/\/data$/);
    await user.keyboard("[[[[");
    expect(window.location.hash).toMatch(/\/configuration$/);
  });
});
