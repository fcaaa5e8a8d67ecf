import { screen, waitFor } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { renderApp } from "../../../test/renderApp";

describe("the rules", () => {
  it("are listed in words, and switched on and off", async () => {
    const { platform, user } = await renderApp("live", "#/rules");
    const line = screen.getByTestId("rule-error-rate-high");
    expect(line.textContent).toContain("Error rate above 10 % for 2 min, until at most 5 %");
    expect(line.textContent).toContain("fired 14 times");
    await user.click(screen.getByTestId("rule-enabled-response-time-outlier"));
    expect(platform.sent.at(-1)?.args).toMatchObject({
      request: { change: { kind: "enableRule", ruleId: "response-time-outlier", enabled: true } },
    });
    await waitFor(() =>
      expect(screen.getByTestId("rule-enabled-response-time-outlier").ariaChecked).toBe("true"),
    );
  });

  it("are made, tried, and only then switched on", async () => {
    const { platform, user } = await renderApp("live", "#/rules/new");
    await user.click(screen.getByTestId("rule-save"));
    expect(screen.getByTestId("rule-problems").textContent).toContain("Metric: this is missing.");
    expect(platform.sent.some((one) => one.name === "change_alerting")).toBe(false);

    await user.type(screen.getByTestId("rule-title"), "API is slow");
    await user.type(screen.getByTestId("rule-metric"), "status.responseTime");
    await user.type(screen.getByTestId("rule-value"), "400");
    await user.clear(screen.getByTestId("rule-forSeconds"));
    await user.type(screen.getByTestId("rule-forSeconds"), "90");
    await user.click(screen.getByTestId("back-test-run"));
    expect((await screen.findByTestId("back-test-summary")).textContent).toContain("3 times in 7 d");
    expect(screen.getByTestId("back-test-firings").children).toHaveLength(3);
    await user.click(screen.getByTestId("rule-on-on"));
    await user.click(screen.getByTestId("rule-save"));
    await waitFor(() => expect(window.location.hash).toBe("#/rules/api-is-slow"));
    const saved = platform.sent.find((one) => one.name === "change_alerting");
    expect(saved?.args).toMatchObject({
      request: {
        change: {
          kind: "saveRule",
          expectedVersion: 0,
          rule: {
            id: "api-is-slow",
            enabled: true,
            condition: { kind: "THRESHOLD", metric: "status.responseTime", comparison: "ABOVE", value: 400 },
          },
        },
      },
    });
  });

  it("say what the hub has against them", async () => {
    const { user } = await renderApp("live", "#/rules/error-rate-high", (platform) => {
      platform.failures.change_alerting = {
        code: "refused",
        message: "rule error-rate-high: `clear` is 20, above `value`.",
        problems: [],
      };
    });
    await user.click(await screen.findByTestId("rule-save"));
    expect((await screen.findAllByTestId("request-error"))[0]?.textContent).toContain("`clear` is 20");
  });

  it("can be looked at and tried, but not changed, while the hub is away", async () => {
    const { platform, user } = await renderApp("live", "#/rules/error-rate-high", ({ world }) => {
      for (const hub of world.hubs)
        hub.connection = { state: "cached", at: null, reason: "It is gone.", retryAt: null };
    });
    expect(screen.getByTestId("rules-disabled").textContent).toContain("not connected");
    expect(screen.getByTestId("rule-save").ariaDisabled).toBe("true");
    await user.click(screen.getByTestId("rule-enabled-error-rate-high"));
    expect(platform.sent.some((one) => one.name === "change_alerting")).toBe(false);
    await user.click(screen.getByTestId("back-test-run"));
    expect(await screen.findByTestId("back-test-summary")).toBeTruthy();
  });
});

describe("silences and statistics", () => {
  it("say what a silence held, and end it", async () => {
    const { user } = await renderApp("live", "#/silences");
    const row = screen.getByTestId("silence-row");
    expect(row.textContent).toContain("held 3 alerts, kept 41 reports silent");
    await user.click(screen.getByTestId("end-silence"));
    await waitFor(() => expect(screen.getByTestId("silences-over")).toBeTruthy());
  });

  it("have states for nothing", async () => {
    await renderApp("empty", "#/silences");
    expect(screen.getByText(/Nothing is silenced/)).toBeTruthy();
  });

  it("count over a chosen time", async () => {
    const { platform, user } = await renderApp("live", "#/statistics");
    expect((await screen.findByTestId("statistics-acknowledged")).textContent).toContain("4 min");
    await user.click(screen.getByTestId("statistics-span-30"));
    await waitFor(() => {
      const asked = platform.sent.filter((one) => one.name === "alert_statistics").at(-1);
      const args = asked?.args as { request: { from: number; to: number } } | undefined;
      expect((args?.request.to ?? 0) - (args?.request.from ?? 0)).toBe(30 * 86_400_000);
    });
  });
});
