import { act, screen, waitFor, within } from "@testing-library/react";
import { beforeEach, describe, expect, it } from "vitest";
import { EMBEDDED } from "../../platform/fixture/world";
import { renderApp } from "../../test/renderApp";

async function made(prepare?: Parameters<typeof renderApp>[2]) {
  const app = await renderApp("live", "#/connect", prepare);
  await app.user.type(screen.getByTestId("connect-label"), "  Hall 3 {Enter}");
  await screen.findByTestId("handover");
  return app;
}

describe("connecting a dashboard", () => {
  beforeEach(() => {
    window.location.hash = "";
  });

  it("is offered where there is no dashboard, in the settings and in the palette", async () => {
    const { user } = await renderApp("empty");
    await user.click(screen.getByTestId("connect-dashboard"));
    expect(await screen.findByTestId("connect-form")).toBeTruthy();
    window.location.hash = "#/settings";
    await user.click(await screen.findByTestId("connect-This workstation"));
    expect(await screen.findByTestId("connect-form")).toBeTruthy();
    window.location.hash = "#/alerts";
    await waitFor(() => expect(screen.queryByTestId("connect-form")).toBeNull());
    await user.keyboard("{Control>}k{/Control}");
    await user.keyboard("connect a{Enter}");
    expect(await screen.findByTestId("connect-form")).toBeTruthy();
  });

  it("asks what the dashboard is called, and makes a token by the keyboard alone", async () => {
    const { platform, user } = await renderApp("live", "#/connect");
    expect(screen.getByTestId("create-token").getAttribute("aria-disabled")).toBe("true");
    expect(screen.getByTestId("connect-watch").dataset.state).toBe("idle");
    await user.keyboard("Hall 3{Enter}");
    expect(await screen.findByTestId("handover")).toBeTruthy();
    expect(platform.sent).toEqual([
      { name: "create_token", args: { request: { hub: EMBEDDED, label: "Hall 3" } } },
    ]);
    expect(screen.getByTestId("connect-watch").dataset.state).toBe("waiting");
    expect(document.activeElement?.id).toBe("handover-title");
  });

  it("shows the token and each snippet, and copies what is shown", async () => {
    const { user } = await made();
    const secret = /mcd_[\w-]{43}/.exec(screen.getByTestId("handover").textContent ?? "")?.[0] ?? "none";
    for (const [key, part] of [
      ["typescript", "RemoteControl"],
      ["react", "MissionControlStatus"],
      ["rust", "#[tokio::main]"],
      ["websocket", "new WebSocket"],
    ]) {
      await user.click(screen.getByTestId(`snippet-${key}`));
      const code = screen.getByTestId("snippet-code").textContent ?? "";
      expect(code).toContain(part);
      expect(code).toContain(secret);
      expect(code).toContain("ws://127.0.0.1:7420");
      await user.click(screen.getByTestId("copy-code"));
      expect(await navigator.clipboard.readText()).toBe(code);
      expect(screen.getByTestId("copy-code").textContent).toBe("Copied");
    }
  });

  it("says so when nothing can be copied", async () => {
    const { user } = await made();
    navigator.clipboard.writeText = () => Promise.reject(new Error("not allowed"));
    await user.click(screen.getByTestId("copy-code"));
    await waitFor(() => expect(screen.getByTestId("copy-code").textContent).toBe("Select it and copy"));
  });

  it("lights up when the dashboard registers, and leads to it", async () => {
    const { platform, user } = await made();
    const token = platform.world.tokens.at(-1);
    if (!token) throw new Error("no token was made");
    Object.assign(token, { lastUsedAt: new Date().toISOString(), lastUsedBy: "dash-0001" });
    act(() => platform.push());
    const arrival = await screen.findByTestId("arrival");
    for (const part of ["energy-north", "dash-0001", "Energy dataset", "17 commands", "1 event"])
      expect(arrival.textContent).toContain(part);
    await user.click(screen.getByTestId("open-arrival"));
    await waitFor(() => expect(window.location.hash).toBe(`#/dashboard/${EMBEDDED}/dash-0001/overview`));
  });

  it("says what is wrong with what did arrive", async () => {
    await made();
    const attempts = screen.getAllByTestId("attempt");
    expect(attempts.map((one) => one.dataset.reason)).toEqual(["TOKEN_UNKNOWN", "ORIGIN_NOT_ALLOWED"]);
    expect(attempts[0]?.textContent).toContain("3 times");
    expect(attempts[0]?.textContent).toContain("energy-hall-3");
    expect(attempts[1]?.textContent).toContain("--allow-origin https://plant.example.org");
  });

  it("says why no token can be made", async () => {
    const { platform, user } = await renderApp("live", "#/connect");
    platform.failures.create_token = {
      code: "refused",
      message: "The hub cannot write its file of tokens.",
      problems: [],
    };
    await user.keyboard("Hall 3{Enter}");
    expect((await screen.findByTestId("request-error")).textContent).toContain("cannot write its file");
    await user.selectOptions(screen.getByTestId("connect-hub"), "ops-hub");
    expect((await screen.findByTestId("connect-disabled")).textContent).toContain("does not answer");
    expect(screen.getByTestId("create-token").getAttribute("aria-disabled")).toBe("true");
  });

  it("forgets the token when one goes on to another", async () => {
    const { user } = await made();
    await user.click(screen.getByTestId("connect-another"));
    expect(screen.getByTestId("connect-form")).toBeTruthy();
    expect(document.body.textContent).not.toContain("mcd_");
  });
});

describe("the tokens in the settings", () => {
  it("are listed with their use, and revoked only when told twice", async () => {
    const { platform, user } = await renderApp("live", "#/settings");
    const rows = within(screen.getByTestId("tokens-This workstation")).getAllByTestId("token-row");
    expect(rows[0]?.textContent).toContain("dash-0001 registered");
    expect(rows[1]?.textContent).toContain("never used");
    await user.click(screen.getByTestId("revoke-Energy, hall 3"));
    expect(platform.sent).toEqual([]);
    await user.click(screen.getByTestId("revoke-confirm"));
    expect(platform.sent.map((one) => one.name)).toEqual(["revoke_token"]);
    await waitFor(() => expect(screen.queryByTestId("revoke-Energy, hall 3")).toBeNull());
  });
});
