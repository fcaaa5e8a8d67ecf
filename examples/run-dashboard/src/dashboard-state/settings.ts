/** What a user, or an operator by a configuration, may set. */
export interface Settings {
  /** Quality under this raises an alert, in percent. */
  readonly qualityThreshold: number;
  /** How often the source is loaded again, in seconds; 0 for never. */
  readonly refreshIntervalSeconds: number;
  /** Rows held at most. */
  readonly rowLimit: number;
  /** Age up to which a source counts as fresh, in hours. */
  readonly freshWithinHours: number;
}

/** What is set when nobody has said otherwise. */
export const DEFAULT_SETTINGS: Settings = {
  qualityThreshold: 80,
  refreshIntervalSeconds: 0,
  rowLimit: 200_000,
  freshWithinHours: 168,
};

/** Each setting: its name for people, and its bounds. */
export const SETTING_BOUNDS: Readonly<
  Record<
    keyof Settings,
    { readonly title: string; readonly unit: string; readonly low: number; readonly high: number }
  >
> = {
  qualityThreshold: { title: "Quality threshold", unit: "%", low: 0, high: 100 },
  refreshIntervalSeconds: { title: "Refresh every, 0 for never", unit: "s", low: 0, high: 86_400 },
  rowLimit: { title: "Rows held at most", unit: "rows", low: 1_000, high: 1_000_000 },
  freshWithinHours: { title: "Source is fresh within", unit: "h", low: 1, high: 8_760 },
};

/** The changes that `values` asks for; throws with what is wrong with them. */
export function checkSettings(values: unknown): Partial<Settings> {
  if (typeof values !== "object" || values === null || Array.isArray(values)) {
    throw new Error("the configuration must be an object");
  }
  const changes: Partial<Record<keyof Settings, number>> = {};
  for (const [name, value] of Object.entries(values)) {
    if (!Object.hasOwn(SETTING_BOUNDS, name)) {
      throw new Error(
        `this dashboard has no setting "${name}"; it has ${Object.keys(SETTING_BOUNDS).join(", ")}`,
      );
    }
    const setting = name as keyof Settings;
    const { low, high, unit } = SETTING_BOUNDS[setting];
    if (typeof value !== "number" || !Number.isFinite(value) || value < low || value > high) {
      throw new Error(`${name} must be a number from ${low} to ${high} (${unit})`);
    }
    changes[setting] = value;
  }
  return changes;
}
