import { act, render } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { App } from "../App";
import { createFixturePlatform, type FixturePlatform } from "../platform/fixture/fixturePlatform";
import { EMBEDDED, type Scenario } from "../platform/fixture/world";
import { PlatformProvider } from "../platform/useView";
import { useFleetStore } from "../views/fleet/fleetStore";
import { nothingSelected } from "../views/fleet/selection";

/** Address of a dashboard of the fixture. */
export const dashboardHash = (id: string, section: string) => `#/dashboard/${EMBEDDED}/${id}/${section}`;

/** The whole UI over a fixture, at an address, with its first models shown. */
export async function renderApp(
  scenario: Scenario,
  hash = "",
  prepare: (platform: FixturePlatform) => void = () => undefined,
) {
  useFleetStore.setState({
    filter: "",
    grouping: "useCase",
    sort: { by: "name", descending: false },
    layout: "cards",
    selection: nothingSelected,
  });
  window.location.hash = hash;
  const platform = createFixturePlatform(scenario);
  prepare(platform);
  const user = userEvent.setup();
  render(
    <PlatformProvider value={platform}>
      <App />
    </PlatformProvider>,
  );
  await act(async () => undefined);
  return { platform, user };
}
