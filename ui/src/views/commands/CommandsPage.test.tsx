import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { EMBEDDED, REMOTE } from "../../platform/fixture/world";
import { renderApp } from "../../test/renderApp";

const to = (type: string, ...ids: string[]) =>
  `#/commands?${ids.map((id) => `to=${EMBEDDED}/${id}`).join("&")}&type=${type}`;
const issued = (platform: Awaited<ReturnType<typeof renderApp>>["platform"]) =>
  platform.sent.filter((request) => request.name === "issue_command").map((request) => request.args);

describe("sending a command", () => {
  it("begins with a dashboard, then one of the seventeen commands", async () => {
    const { user } = await renderApp("live", "#/commands");
    expect(screen.getByTestId("no-command")).toBeTruthy();
    await user.click(screen.getByTestId("target-dash-0001"));
    const list = screen.getByTestId("command-list");
    expect(within(list).getAllByRole("button")).toHaveLength(17);
    expect(
      within(list).getByTestId("command-CLEAR_DATA").querySelector("[data-hazard=destructive]"),
    ).toBeTruthy();
    await user.click(within(list).getByTestId("command-INGEST_DATA"));
    expect(screen.getByTestId("command-form").textContent).toContain("Loads data from a source");
  });

  it("sends the payload, then shows its stages and result", async () => {
    const { platform, user } = await renderApp("live", to("INGEST_DATA", "dash-0001"));
    await user.type(screen.getByTestId("field-/source"), "scada");
    await user.type(screen.getByTestId("field-/params/limit"), "500");
    await user.type(screen.getByTestId("command-timeout"), "30");
    await user.click(screen.getByTestId("send-command"));
    await waitFor(() => expect(issued(platform)).toHaveLength(1));
    expect(issued(platform)[0]).toEqual({
      request: {
        dashboard: { hub: EMBEDDED, dashboardId: "dash-0001" },
        type: "INGEST_DATA",
        payload: { source: "scada", params: { mode: "append", limit: 500 } },
        timeoutMilliseconds: 30_000,
      },
    });
    const detail = await screen.findByTestId("command-detail");
    expect(detail.dataset.stage).toBe("QUEUED");
    const row = platform.world.commands[0];
    if (!row) throw new Error("the command is not in the history");
    Object.assign(row, {
      stage: "SUCCEEDED",
      isFinal: true,
      status: "normal",
      result: '{ "records": 500 }',
      duration: 212,
    });
    platform.push();
    await waitFor(() => expect(screen.getByTestId("command-stage").textContent).toBe("succeeded · 212 ms"));
    expect(screen.getByTestId("command-result").textContent).toContain("500");
  });

  it("does not send what the validator objects to, not even in haste", async () => {
    const { platform, user } = await renderApp("live", to("INGEST_DATA", "dash-0001"));
    await user.type(screen.getByTestId("field-/params/limit"), "0");
    await user.click(screen.getByTestId("send-command"));
    expect((await screen.findByTestId("problem-/source")).textContent).toContain("required");
    expect(screen.getByTestId("problem-/params/limit").textContent).toContain("minimum");
    expect(issued(platform)).toEqual([]);
  });

  it("shows what is wrong as one types", async () => {
    const { user } = await renderApp("live", to("INGEST_DATA", "dash-0001"));
    await user.type(screen.getByTestId("field-/params/limit"), "many");
    expect((await screen.findByTestId("problem-/params/limit")).textContent).toContain("integer");
    await user.clear(screen.getByTestId("field-/params/limit"));
    await user.type(screen.getByTestId("field-/params/limit"), "7");
    await waitFor(() => expect(screen.queryByTestId("problem-/params/limit")).toBeNull());
  });

  it("asks for a typed confirmation of what destroys", async () => {
    const { platform, user } = await renderApp("live", to("CLEAR_DATA", "dash-0001", "dash-0002"));
    expect(screen.getByTestId("no-parameters")).toBeTruthy();
    const send = screen.getByTestId("send-command");
    expect(send.getAttribute("aria-disabled")).toBe("true");
    await user.click(send);
    expect(issued(platform)).toEqual([]);
    await user.type(screen.getByTestId("confirm-destructive"), "CLEAR_DATA");
    expect(send.getAttribute("aria-disabled")).toBeNull();
    await user.click(send);
    await waitFor(() => expect(issued(platform)).toHaveLength(2));
  });

  it("says why a dashboard cannot be sent to", async () => {
    await renderApp("live", `#/commands?to=${REMOTE}/dash-0017&type=REFRESH_DATA`);
    expect(screen.getByTestId("send-command").getAttribute("aria-disabled")).toBe("true");
    expect(screen.getByTestId("command-form").textContent).toContain("ops-hub is not connected");
  });

  it("puts the hub's objections at their fields", async () => {
    const { user } = await renderApp("live", to("START_WORKFLOW", "dash-0001"), (platform) => {
      platform.failures.issue_command = {
        code: "payloadInvalid",
        message: "The payload is not valid.",
        problems: [{ pointer: "/workflowId", message: "no such workflow" }],
      };
    });
    await user.type(screen.getByTestId("field-/workflowId"), "wf-9");
    await user.click(screen.getByTestId("send-command"));
    expect((await screen.findByTestId("problem-/workflowId")).textContent).toContain("no such workflow");
    expect(screen.getByTestId("command-failure").textContent).toContain("not valid");
  });
});

describe("commands that were sent", () => {
  it("can be cancelled while under way", async () => {
    const { user } = await renderApp("live", "#/commands?command=cmd-INGEST_DATA-8000-dash-0001");
    expect(screen.getByTestId("command-stages").textContent).toContain("accepted");
    await user.click(screen.getByTestId("cancel-command"));
    await waitFor(() => expect(screen.getByTestId("command-detail").dataset.stage).toBe("CANCELLED"));
    expect(screen.queryByTestId("cancel-command")).toBeNull();
  });

  it("say why they failed", async () => {
    const { user } = await renderApp("live", "#/commands");
    const failed = screen.getAllByTestId("command-row").find((row) => row.dataset.stage === "FAILED");
    if (!failed) throw new Error("the fixture has no failed command");
    await user.click(failed);
    expect(screen.getByTestId("command-error").textContent).toContain("There is no workflow wf-9");
  });

  it("have states for nothing and for failure", async () => {
    await renderApp("empty", "#/commands");
    expect(screen.getByTestId("history-empty")).toBeTruthy();
  });

  it("say why they cannot be shown", async () => {
    await renderApp("error", "#/commands");
    expect(await screen.findByTestId("view-error")).toBeTruthy();
  });
});
