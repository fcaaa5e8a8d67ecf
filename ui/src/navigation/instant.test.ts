import { expect, test } from "vitest";
import { instantOf, withInstant } from "./instant";
import { parseRoute } from "./route";

const at = "2026-11-22T14:07:31.042Z";

test("an address carries an instant beside everything else, and is still the same place", () => {
  for (const hash of ["#/fleet", "#/alerts/al-1", "#/commands?to=h%2Fa&type=REFRESH_DATA"]) {
    const carrying = withInstant(hash, at);
    expect(instantOf(carrying)).toBe(at);
    expect(parseRoute(carrying)).toEqual(parseRoute(hash));
    expect(parseRoute(withInstant(carrying, null))).toEqual(parseRoute(hash));
    expect(instantOf(withInstant(carrying, null))).toBeNull();
  }
  expect(withInstant("#/fleet", at)).toBe(`#/fleet?at=${at}`);
});

test("what is no time is no instant", () => {
  expect(instantOf("#/fleet?at=soon")).toBeNull();
  expect(instantOf("#/fleet")).toBeNull();
});
