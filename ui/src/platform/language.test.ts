import { expect, it } from "vitest";
import { ensureLanguage } from "./language";

it("replaces a language that is none", () => {
  const browser = { language: "C", languages: ["C"] } as unknown as Navigator;
  ensureLanguage(browser);
  expect(browser.language).toBe("en-US");
  expect(() => new Intl.NumberFormat(browser.language)).not.toThrow();
});

it("leaves a language alone", () => {
  const browser = { language: "nb-NO" } as unknown as Navigator;
  ensureLanguage(browser);
  expect(browser.language).toBe("nb-NO");
});
