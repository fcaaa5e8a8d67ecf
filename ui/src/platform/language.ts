/**
 * Gives the page a language that is one. Where the desktop has none (`LANG=C`), WebKit names the language `C`, and
 * whatever formats numbers by it, as uPlot does when it is loaded, throws. Imported before anything else.
 */
export function ensureLanguage(browser: Navigator): void {
  try {
    Intl.getCanonicalLocales(browser.language);
  } catch {
    Object.defineProperty(browser, "language", { value: "en-US", configurable: true });
    Object.defineProperty(browser, "languages", { value: ["en-US"], configurable: true });
  }
}

ensureLanguage(navigator);
