import { act, screen, waitFor } from "@testing-library/react";
import { describe, expect, test } from "vitest";
import { renderApp } from "../../test/renderApp";

const queries = (platform: Awaited<ReturnType<typeof renderApp>>["platform"], name: string) =>
  platform.sent
    .filter((one) => one.name === name)
    .map((one) => (one.args as { request: { scope: { query: string } } }).request.scope.query);

describe("the events", () => {
  test("are listed newest first, counted, and narrowed by a facet", async () => {
    const { platform, user } = await renderApp("live", "#/events");
    await screen.findByTestId("hits");
    const facet = await screen.findByTestId("facet-kind:event");
    await user.click(facet);
    await waitFor(() => expect(queries(platform, "search_page").at(-1)).toBe("kind:event"));
    expect(window.location.hash).toContain("q=kind%3Aevent");
    expect(screen.getByTestId("facet-kind:event").getAttribute("aria-pressed")).toBe("true");
    await user.click(screen.getByTestId("facet-kind:event"));
    await waitFor(() => expect(queries(platform, "search_page").at(-1)).toBe(""));
  });

  test("are searched with what is typed, on Enter", async () => {
    const { platform, user } = await renderApp("live", "#/events");
    await user.type(screen.getByTestId("query"), "timeout{Enter}");
    await waitFor(() => expect(queries(platform, "search_page").at(-1)).toBe("timeout"));
  });

  test("say what is wrong with a query, and where", async () => {
    await renderApp("live", "#/events?q=sevrity%3Aerror", (platform) => {
      platform.failures.search_page = {
        code: "queryInvalid",
        message: "There is no field `sevrity`; did you mean `severity`?",
        problems: [],
        span: { offset: 0, length: 7 },
      };
    });
    const mistake = await screen.findByTestId("query-mistake");
    expect(mistake.textContent).toContain("did you mean");
    expect(mistake.querySelector("mark")?.textContent).toBe("sevrity");
    expect(screen.getByTestId("query-invalid")).toBeTruthy();
  });

  test("open in full, and lead to their instant", async () => {
    const { platform, user } = await renderApp("live", "#/events");
    await screen.findByTestId("hits");
    await user.keyboard("j");
    const detail = await screen.findByTestId("hit-detail");
    expect(detail.textContent).toContain("record");
    await user.click(screen.getByTestId("show-instant"));
    await waitFor(() => expect(platform.sent.some((one) => one.name === "conduct_time")).toBe(true));
    act(() => platform.push());
    await waitFor(() => {
      const last = platform.sent.filter((one) => one.name === "search_page").at(-1);
      const args = last?.args as { request: { scope: { until: string | null } } } | undefined;
      expect(args?.request.scope.until).toEqual(expect.any(String));
    });
    expect(screen.getByTestId("follow").getAttribute("aria-disabled")).toBe("true");
  });

  test("are narrowed to those that have a value of the one that is open", async () => {
    const { platform, user } = await renderApp("live", "#/events");
    await screen.findByTestId("hits");
    await user.keyboard("j");
    const detail = await screen.findByTestId("hit-detail");
    const [value] = detail.querySelectorAll<HTMLElement>("[data-testid^='value-']");
    if (!value) throw new Error("the record has no value to ask for");
    const condition = value.dataset.testid?.replace("value-", "");
    expect(condition).toMatch(/^body\./);
    await user.click(value);
    await waitFor(() => expect(queries(platform, "search_page").at(-1)).toBe(condition));
  });

  test("are not there yet in a fleet that is empty", async () => {
    await renderApp("empty", "#/events");
    expect((await screen.findByTestId("no-hits")).textContent).toContain("Nothing has been recorded yet");
  });
});
