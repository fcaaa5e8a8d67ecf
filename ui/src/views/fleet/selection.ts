/** What is selected in the fleet: keys of dashboards, in the order they were selected. */
export interface Selection {
  /** The one the keyboard is at and the side panel shows. */
  cursor: string | null;
  /** Where a range selected with Shift begins. */
  anchor: string | null;
  selected: readonly string[];
}

export const nothingSelected: Selection = { cursor: null, anchor: null, selected: [] };

/** Only this one. */
export function selectOnly(key: string): Selection {
  return { cursor: key, anchor: key, selected: [key] };
}

/** This one too, or no longer. */
export function toggle(selection: Selection, key: string): Selection {
  const without = selection.selected.filter((one) => one !== key);
  const selected = without.length < selection.selected.length ? without : [...without, key];
  return { cursor: key, anchor: key, selected };
}

/** From the anchor to this one, in the order shown. */
export function extendTo(selection: Selection, key: string, order: readonly string[]): Selection {
  const from = order.indexOf(selection.anchor ?? key);
  const to = order.indexOf(key);
  if (from < 0 || to < 0) return selectOnly(key);
  return {
    cursor: key,
    anchor: selection.anchor ?? key,
    selected: order.slice(Math.min(from, to), Math.max(from, to) + 1),
  };
}

/** A click with the keys that were held. */
export function click(
  selection: Selection,
  key: string,
  order: readonly string[],
  held: { ctrl: boolean; shift: boolean },
): Selection {
  if (held.shift) return extendTo(selection, key, order);
  return held.ctrl ? toggle(selection, key) : selectOnly(key);
}

/** The cursor `steps` further (back when negative), stopping at the ends. */
export function move(
  selection: Selection,
  order: readonly string[],
  steps: number,
  extend = false,
): Selection {
  if (order.length === 0) return nothingSelected;
  const at = selection.cursor === null ? -1 : order.indexOf(selection.cursor);
  const next =
    at < 0 ? (steps > 0 ? 0 : order.length - 1) : Math.min(order.length - 1, Math.max(0, at + steps));
  const key = order[next];
  if (key === undefined) return selection;
  return extend ? extendTo(selection, key, order) : selectOnly(key);
}
