import { act, screen, waitFor } from "@testing-library/react";
import { describe, expect, test } from "vitest";
import { renderApp } from "../../test/renderApp";

const sent = (platform: Awaited<ReturnType<typeof renderApp>>["platform"]) =>
  platform.sent
    .filter((one) => one.name === "conduct_time")
    .map((one) => (one.args as { request: unknown }).request);

describe("the time conductor", () => {
  test("is shown by t, stops the present, steps, plays, and goes back to Live", async () => {
    const { platform, user } = await renderApp("live", "#/fleet");
    expect(screen.queryByTestId("conductor")).toBeNull();
    await user.keyboard("t");
    expect(screen.getByTestId("conductor").dataset.mode).toBe("live");
    await user.keyboard("p");
    act(() => platform.push());
    expect(screen.getByTestId("conductor").dataset.mode).toBe("past");
    expect(screen.getByTestId("live-mark").textContent).toContain("Past");
    await user.click(screen.getByTestId("step-alert-back"));
    act(() => platform.push());
    await user.selectOptions(screen.getByTestId("conductor-speed"), "300");
    await user.click(screen.getByTestId("conductor-play"));
    act(() => platform.push());
    expect(screen.getByTestId("conductor-play").getAttribute("aria-label")).toContain("Pause");
    await user.click(screen.getByTestId("conductor-live"));
    act(() => platform.push());
    expect(screen.getByTestId("live-mark").textContent).toContain("Live");
    expect(sent(platform)).toEqual([
      { kind: "pause" },
      { kind: "step", to: "alert", backwards: true },
      { kind: "play", speed: 300 },
      { kind: "live" },
    ]);
  });

  test("goes to a time that is typed, and says what it takes when it is none", async () => {
    const { platform, user } = await renderApp("live", "#/fleet");
    await user.keyboard("t");
    await user.type(screen.getByTestId("conductor-instant"), "noonish{Enter}");
    expect(screen.getByRole("alert").textContent).toContain("-2h");
    expect(sent(platform)).toEqual([]);
    await user.clear(screen.getByTestId("conductor-instant"));
    await user.type(screen.getByTestId("conductor-instant"), "2026-11-20 08:30{Enter}");
    expect(sent(platform)).toEqual([{ kind: "seek", at: "2026-11-20T08:30:00.000Z" }]);
  });

  test("an address carries the instant, and keeps it from view to view until it is live again", async () => {
    const at = new Date(Math.floor(Date.now() / 1000) * 1000 - 1_500_000).toISOString();
    const { platform, user } = await renderApp("live", `#/fleet?at=${at}`);
    expect(sent(platform)).toEqual([{ kind: "seek", at }]);
    act(() => platform.push());
    expect(screen.getByTestId("conductor").dataset.mode).toBe("past");
    expect(screen.getByTestId("clock").textContent).toContain(at.slice(11, 19));
    await user.click(screen.getByTestId("nav-settings"));
    await waitFor(() => expect(window.location.hash).toBe(`#/settings?at=${at}`));
    await user.keyboard("l");
    act(() => platform.push());
    await waitFor(() => expect(window.location.hash).toBe("#/settings"));
  });

  test("the command palette opens a link that was copied", async () => {
    const at = new Date(Math.floor(Date.now() / 1000) * 1000 - 900_000).toISOString();
    const { platform, user } = await renderApp("live", "#/fleet");
    await user.keyboard("{Control>}k{/Control}");
    await user.type(screen.getByTestId("palette-input"), `#/settings?at=${at}{Enter}`);
    await waitFor(() => expect(sent(platform)).toEqual([{ kind: "seek", at }]));
    act(() => platform.push());
    expect(window.location.hash).toBe(`#/settings?at=${at}`);
  });

  test("a span that is chosen is offered to be searched and charted, and can be let go", async () => {
    const { platform, user } = await renderApp("live", "#/fleet");
    await user.keyboard("tp");
    act(() => platform.push());
    await user.keyboard("}}");
    expect(screen.getByTestId("chosen-span").textContent).toContain("6 min");
    await user.click(screen.getByTestId("search-span"));
    await waitFor(() =>
      expect(decodeURIComponent(window.location.hash)).toMatch(/after:\S+Z[+ ]before:\S+Z/),
    );
    await user.click(screen.getByTestId("chart-span"));
    await waitFor(() => expect(window.location.hash).toContain("#/metrics"));
    expect((await screen.findByTestId("metrics-zoom")).textContent).toContain("6 min");
    await user.click(screen.getByTestId("clear-span"));
    expect(screen.queryByTestId("metrics-zoom")).toBeNull();
  });

  test("nothing can be acknowledged in the past", async () => {
    const at = new Date(Date.now() - 1_500_000).toISOString();
    const { platform, user } = await renderApp("live", `#/alerts?at=${at}`);
    act(() => platform.push());
    const [button] = screen.getAllByTestId("ack-button");
    if (!button) throw new Error("there is no alert to acknowledge");
    expect(button.getAttribute("aria-disabled")).toBe("true");
    await user.click(button);
    expect(platform.sent.some((one) => one.name === "acknowledge_alert")).toBe(false);
  });

  test("says what failed", async () => {
    const { user } = await renderApp("live", "#/fleet", (platform) => {
      platform.failures.conduct_time = {
        code: "invalidInput",
        message: "There is none in that direction in what is recorded.",
        problems: [],
      };
    });
    await user.keyboard("t,");
    expect((await screen.findByTestId("conductor-problem")).textContent).toContain("none in that direction");
  });
});
