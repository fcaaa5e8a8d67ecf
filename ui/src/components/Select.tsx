interface SelectProps<T extends string> {
  label: string;
  /** Words before the chosen one, such as `Group: use case`. */
  prefix?: string;
  value: T;
  options: ReadonlyArray<{ value: T; label: string }>;
  onChange: (value: T) => void;
  testId?: string;
  className?: string;
}

/** One of several. The system's own list: it works with keyboard, screen reader and driver alike. */
export function Select<T extends string>({
  label,
  prefix,
  value,
  options,
  onChange,
  testId,
  className,
}: SelectProps<T>) {
  return (
    <select
      aria-label={label}
      data-testid={testId}
      value={value}
      onChange={(event) => {
        const chosen = options.find((option) => option.value === event.target.value);
        if (chosen) onChange(chosen.value);
      }}
      className={`field w-auto flex-none ${className ?? ""}`}
    >
      {options.map((option) => (
        <option key={option.value} value={option.value}>
          {prefix ? `${prefix}: ${option.label}` : option.label}
        </option>
      ))}
    </select>
  );
}
