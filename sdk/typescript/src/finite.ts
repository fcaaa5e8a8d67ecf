/** Checks that every number is one: JSON would make `null` of the others, which the hub refuses. */
export function finite<T extends object>(value: T, path = ""): T {
  for (const [name, member] of Object.entries(value)) {
    if (typeof member === "number" && !Number.isFinite(member))
      throw new Error(`${path}${name} is ${member}; give a finite number, or leave the group out`);
    if (typeof member === "object" && member !== null) finite(member, `${path}${name}.`);
  }
  return value;
}
