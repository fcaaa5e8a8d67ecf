import { Text } from "../../../components/Text";

/** Matchers, side by side. */
export function Matchers({ matchers }: { matchers: readonly string[] }) {
  return (
    <span className="flex flex-wrap gap-1">
      {matchers.map((matcher) => (
        <Text
          key={matcher}
          value={matcher}
          className="max-w-full truncate rounded-sm border border-line-strong bg-raised px-1.5 font-mono text-fg text-xs/5"
          titled
        />
      ))}
    </span>
  );
}
