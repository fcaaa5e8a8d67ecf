import "./platform/language";

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import type { Platform } from "./platform/platform";
import { tauriPlatform } from "./platform/tauri";
import { PlatformProvider } from "./platform/useView";
import "uplot/dist/uPlot.min.css";
import "./style/app.css";

async function choosePlatform(): Promise<Platform> {
  // Both conditions are constants when a build is made for shipping: the fixture is then left out of it.
  if (import.meta.env.DEV || import.meta.env.MODE === "fixture") {
    const wanted = new URLSearchParams(window.location.search).get("fixture");
    const { scenarios } = await import("./platform/fixture/world");
    const scenario = scenarios.find((name) => name === wanted);
    if (scenario)
      return (await import("./platform/fixture/fixturePlatform")).createFixturePlatform(scenario, true);
  }
  return tauriPlatform;
}

function start(platform: Platform): void {
  const root = document.getElementById("root");
  if (!root) throw new Error("index.html has no element with the id root");
  createRoot(root).render(
    <StrictMode>
      <PlatformProvider value={platform}>
        <App />
      </PlatformProvider>
    </StrictMode>,
  );
}

void choosePlatform().then(start);
