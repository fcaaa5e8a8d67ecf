import { useEffect } from "react";
import type { Theme } from "../bindings/Theme";

const light = () => window.matchMedia("(prefers-color-scheme: light)");

/** Paints the page dark or light, as chosen or as the desktop says. */
export function useTheme(theme: Theme | undefined): void {
  useEffect(() => {
    if (!theme) return;
    const apply = () => {
      document.documentElement.dataset.theme =
        theme === "system" ? (light().matches ? "light" : "dark") : theme;
    };
    apply();
    if (theme !== "system") return;
    const query = light();
    query.addEventListener("change", apply);
    return () => query.removeEventListener("change", apply);
  }, [theme]);
}
