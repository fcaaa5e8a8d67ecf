import { useEffect, useRef, useState } from "react";
import { useShortcuts } from "../keyboard/useShortcuts";

interface FilterBoxProps {
  value: string;
  placeholder: string;
  onChange: (value: string) => void;
  testId: string;
}

/** A box of words to filter by. `/` goes to it, Escape empties it and leaves. */
export function FilterBox({ value, placeholder, onChange, testId }: FilterBoxProps) {
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(value);

  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => onChange(text), 120);
    return () => clearTimeout(timer);
  }, [text, value, onChange]);

  useShortcuts({
    "/": () => {
      input.current?.focus();
      input.current?.select();
    },
  });

  return (
    <div className="relative min-w-36 flex-1">
      <input
        ref={input}
        type="search"
        aria-label={placeholder}
        placeholder={placeholder}
        data-testid={testId}
        value={text}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          event.stopPropagation();
          setText("");
          onChange("");
          input.current?.blur();
        }}
        className="field pr-8 [&::-webkit-search-cancel-button]:hidden"
      />
      <kbd className="kbd pointer-events-none absolute top-1.5 right-2">/</kbd>
    </div>
  );
}
