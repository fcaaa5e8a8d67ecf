import { describe, expect, it } from "vitest";
import { plainLine, plainText } from "./plainText";

describe("text from outside", () => {
  it("loses the marks that reorder what stands around it", () => {
    expect(plainText("user \u202egnp.exe\u202c \u2066x\u2069\u200f")).toBe("user gnp.exe x");
  });

  it("shows that a control character was there", () => {
    expect(plainText("a\u0007b\u001b[31m\u009bc")).toBe("a\ufffdb\ufffd[31m\ufffdc");
  });

  it("keeps line breaks and tabs, but not on one line", () => {
    expect(plainText("one\r\n\ttwo")).toBe("one\n\ttwo");
    expect(plainLine(" one\r\n\ttwo ")).toBe("one two");
  });

  it("leaves markup, letters of any script and emoji as they are", () => {
    const text = "<b>Ünïcödé</b> 漢字 שלום 👩‍🚀";
    expect(plainText(text)).toBe(text);
  });
});
