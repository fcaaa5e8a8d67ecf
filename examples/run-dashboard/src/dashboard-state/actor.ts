/** On whose behalf something is done. */
export interface Actor {
  readonly kind: "user" | "operator" | "schedule";
  readonly name: string;
}

/** Whoever sits at this page. */
export const USER: Actor = { kind: "user", name: "you" };
/** The dashboard's own clock. */
export const SCHEDULE: Actor = { kind: "schedule", name: "schedule" };

/** An operator of Mission Control. */
export function operator(name: string): Actor {
  return { kind: "operator", name };
}

/** `you`, `operator ada`, `the schedule`. */
export function describeActor({ kind, name }: Actor): string {
  if (kind === "operator") return `operator ${name}`;
  return kind === "schedule" ? "the schedule" : name;
}
