interface SegmentedProps<T extends string> {
  label: string;
  value: T;
  options: ReadonlyArray<{ value: T; label: string }>;
  onChange: (value: T) => void;
  testId?: string;
}

/** One of a few, all in sight. */
export function Segmented<T extends string>({ label, value, options, onChange, testId }: SegmentedProps<T>) {
  return (
    <fieldset
      aria-label={label}
      data-testid={testId}
      className="flex h-[30px] flex-none overflow-hidden rounded-md border border-line-strong"
    >
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === value}
          data-testid={testId && `${testId}-${option.value}`}
          onClick={() => onChange(option.value)}
          className="px-2.5 text-fg-2 -outline-offset-2 hover:text-fg aria-pressed:bg-pressed aria-pressed:text-fg not-first:border-l not-first:border-line"
        >
          {option.label}
        </button>
      ))}
    </fieldset>
  );
}
