import { cleanup } from "@testing-library/react";
import { afterEach, beforeEach } from "vitest";

// What a browser has and the test's document has not: sizes, observers, dialogs.
Object.defineProperties(HTMLElement.prototype, {
  offsetHeight: { get: () => 900, configurable: true },
  offsetWidth: { get: () => 1200, configurable: true },
  clientHeight: { get: () => 900, configurable: true },
  clientWidth: { get: () => 1200, configurable: true },
});
Element.prototype.scrollTo = () => undefined;
HTMLDialogElement.prototype.showModal = function showModal() {
  this.setAttribute("open", "");
};
HTMLDialogElement.prototype.close = function close() {
  this.removeAttribute("open");
};

class StillObserver {
  observe() {}
  unobserve() {}
  disconnect() {}
  takeRecords() {
    return [];
  }
}
Object.assign(globalThis, {
  ResizeObserver: StillObserver,
  // Nothing comes into sight, so no chart asks for a canvas.
  IntersectionObserver: StillObserver,
  matchMedia: (query: string) => ({
    matches: false,
    media: query,
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
    addListener: () => undefined,
    removeListener: () => undefined,
  }),
});

beforeEach(() => {
  window.location.hash = "";
});
afterEach(cleanup);
