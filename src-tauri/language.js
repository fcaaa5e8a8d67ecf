// Where the locale is C.UTF-8, the default on servers and in containers, WebKitGTK calls the language "C". That is no
// language: whoever hands it to Intl, as the charts do, gets a RangeError and the page stays empty.
(() => {
  try {
    Intl.getCanonicalLocales(navigator.language);
  } catch {
    Object.defineProperty(Navigator.prototype, "language", { get: () => "en" });
    Object.defineProperty(Navigator.prototype, "languages", { get: () => ["en"] });
  }
})();
