import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { REMOTE } from "../../platform/fixture/world";
import { renderApp } from "../../test/renderApp";
import { operatorProblem } from "./PreferenceSettings";

describe("the settings", () => {
  it("show each hub with its cache, address and token file", async () => {
    await renderApp("live", "#/settings");
    const embedded = screen.getByTestId("hub-This workstation");
    expect(embedded.textContent).toContain("482,117");
    expect(embedded.textContent).toContain("dashboard.token");
    expect(within(embedded).queryByText("Remove…")).toBeNull();
    const remote = screen.getByTestId("hub-ops-hub");
    expect(remote.dataset.state).toBe("cached");
    expect(remote.textContent).toContain("does not answer");
  });

  it("add a hub, and say what is wrong with it", async () => {
    const { platform, user } = await renderApp("live", "#/settings");
    await user.click(screen.getByTestId("add-hub"));
    expect(screen.getByTestId("add-hub-confirm").getAttribute("aria-disabled")).toBe("true");
    await user.type(screen.getByTestId("add-hub-address"), "ws://elsewhere:1");
    await user.type(screen.getByTestId("add-hub-token"), " secret ");
    platform.failures.add_hub = {
      code: "invalidInput",
      message: "Use wss:// for another machine.",
      problems: [],
    };
    await user.click(screen.getByTestId("add-hub-confirm"));
    expect((await screen.findByTestId("request-error")).textContent).toContain("Use wss://");
    delete platform.failures.add_hub;
    await user.click(screen.getByTestId("add-hub-confirm"));
    await waitFor(() => expect(screen.queryByTestId("add-hub-dialog")).toBeNull());
    expect(platform.sent.at(-1)).toEqual({
      name: "add_hub",
      args: { request: { name: "", address: "ws://elsewhere:1", token: "secret" } },
    });
  });

  it("remove a hub only when told twice", async () => {
    const { platform, user } = await renderApp("live", "#/settings");
    await user.click(screen.getByTestId("hub-remove-ops-hub"));
    expect(platform.sent).toEqual([]);
    await user.click(screen.getByTestId("remove-hub-confirm"));
    expect(platform.sent).toEqual([{ name: "remove_hub", args: { hub: REMOTE } }]);
    await waitFor(() => expect(screen.queryByTestId("hub-ops-hub")).toBeNull());
  });

  it("save what is chosen, at once", async () => {
    const { platform, user } = await renderApp("live", "#/settings");
    await user.click(screen.getByTestId("theme-light"));
    await waitFor(() => expect(document.documentElement.dataset.theme).toBe("light"));
    await user.click(screen.getByTestId("notifications-enabled"));
    await user.selectOptions(screen.getByTestId("notify-from"), "critical");
    await user.selectOptions(screen.getByTestId("notifications-per-minute"), "20");
    expect(platform.world.preferences).toMatchObject({
      theme: "light",
      notificationsEnabled: false,
      notifyFrom: "critical",
      notificationsPerMinute: 20,
    });
    expect(screen.getByTestId("test-notification").getAttribute("aria-disabled")).toBe("true");
  });

  it("save the notification policy, each choice at once", async () => {
    const { platform, user } = await renderApp("live", "#/settings");
    await user.click(screen.getByTestId("quiet-day-SATURDAY"));
    await user.selectOptions(screen.getByTestId("remind-warning"), "900");
    await user.selectOptions(screen.getByTestId("sound-critical"), "bell");
    await user.selectOptions(screen.getByTestId("snooze-minutes"), "60");
    await user.selectOptions(screen.getByTestId("do-not-disturb"), "30");
    expect(await screen.findByText(/^Until .* UTC\.$/)).toBeTruthy();
    expect(platform.world.notificationPolicy).toMatchObject({
      quietHours: { days: ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY"] },
      remindSeconds: { critical: 300, warning: 900 },
      sounds: { critical: "bell" },
      snoozeMinutes: 60,
    });
    await user.selectOptions(screen.getByTestId("do-not-disturb"), "off");
    expect(platform.world.notificationPolicy.doNotDisturbUntil).toBeNull();
  });

  it("add, order and remove routes", async () => {
    const { platform, user } = await renderApp("live", "#/settings");
    await user.click(screen.getByTestId("add-route"));
    expect(screen.getByTestId("route-save").getAttribute("aria-disabled")).toBe("true");
    await user.type(screen.getByTestId("route-matchers"), "nonsense");
    expect(screen.getByTestId("route-dialog").textContent).toContain("nonsense is no matcher");
    await user.clear(screen.getByTestId("route-matchers"));
    await user.type(screen.getByTestId("route-matchers"), "severity=info{Enter}hub=~ops.*");
    await user.selectOptions(screen.getByTestId("route-effect"), "critical");
    await user.selectOptions(screen.getByTestId("route-sound"), "bell");
    await user.click(screen.getByTestId("route-save"));
    await waitFor(() => expect(screen.getAllByTestId("notification-route")).toHaveLength(2));
    expect(platform.world.notificationPolicy.routes[1]).toEqual({
      name: "",
      matchers: ["severity=info", "hub=~ops.*"],
      notify: true,
      urgency: "critical",
      sound: "bell",
    });
    await user.click(screen.getByTestId("route-up-1"));
    await waitFor(() => expect(platform.world.notificationPolicy.routes[0]?.sound).toBe("bell"));
    await user.click(screen.getByTestId("route-remove-0"));
    await waitFor(() => expect(platform.world.notificationPolicy.routes).toHaveLength(1));
  });

  it("send a test notification", async () => {
    const { platform, user } = await renderApp("live", "#/settings");
    await user.click(screen.getByTestId("test-notification"));
    expect(platform.sent.at(-1)?.name).toBe("test_notification");
    expect(await screen.findByText(/was handed to the desktop/)).toBeTruthy();
  });

  it("take an operator's name only when it can be one", async () => {
    const { platform, user } = await renderApp("live", "#/settings");
    const name = screen.getByTestId("operator-name");
    await user.clear(name);
    await user.type(name, "two words{Enter}");
    expect(platform.sent).toEqual([]);
    await user.clear(name);
    await user.type(name, "a.lindqvist{Enter}");
    expect(platform.world.preferences.operator).toBe("a.lindqvist");
    expect(operatorProblem("x".repeat(129))).not.toBeNull();
  });

  it("say why notifications do not work", async () => {
    await renderApp("cached", "#/settings");
    expect(screen.getByTestId("notification-service").textContent).toContain(
      "No notification service answers",
    );
    // What the desktop does not tell is told in the window.
    expect(screen.getByTestId("notification-banner").textContent).toContain("nobody has acknowledged");
    expect(screen.getByTestId("notification-problem")).toBeTruthy();
  });
});
