import { describe, expect, it } from "vitest";
import { columnsFor } from "./FleetGrid";
import { sortAfterClick } from "./fleetStore";
import { click, move, nothingSelected, selectOnly, toggle } from "./selection";

const order = ["a", "b", "c", "d"];
const plain = { ctrl: false, shift: false };

describe("selecting", () => {
  it("takes one with a click, more with Ctrl, a range with Shift", () => {
    let selection = click(nothingSelected, "b", order, plain);
    expect(selection.selected).toEqual(["b"]);
    selection = click(selection, "d", order, { ctrl: true, shift: false });
    expect(selection.selected).toEqual(["b", "d"]);
    selection = click(selection, "b", order, { ctrl: false, shift: true });
    expect(selection.selected).toEqual(["b", "c", "d"]);
    expect(selection.cursor).toBe("b");
    expect(toggle(selection, "c").selected).toEqual(["b", "d"]);
  });

  it("moves with the keyboard and stops at the ends", () => {
    expect(move(nothingSelected, order, 1).cursor).toBe("a");
    expect(move(nothingSelected, order, -1).cursor).toBe("d");
    expect(move(selectOnly("d"), order, 1).cursor).toBe("d");
    expect(move(selectOnly("b"), order, 2, true).selected).toEqual(["b", "c", "d"]);
    expect(move(selectOnly("gone"), order, 1).cursor).toBe("a");
    expect(move(selectOnly("a"), [], 1)).toEqual(nothingSelected);
  });
});

it("a second click on a column turns its sort round", () => {
  const first = sortAfterClick({ by: "name", descending: false }, "errorRate");
  expect(first).toEqual({ by: "errorRate", descending: true });
  expect(sortAfterClick(first, "errorRate")).toEqual({ by: "errorRate", descending: false });
});

it("cards stand as close as they can, unless no group could use the room", () => {
  expect(columnsFor(832, 12)).toBe(4);
  expect(columnsFor(1472, 12)).toBe(7);
  expect(columnsFor(1472, 4)).toBe(4);
  expect(columnsFor(0, 4)).toBe(1);
});
