import { useEffect, useId, useRef, useState } from "react";
import type { QueryCompletions } from "../../bindings/QueryCompletions";
import type { QuerySpan } from "../../bindings/QuerySpan";
import { plainLine } from "../../format/plainText";
import { useShortcuts } from "../../keyboard/useShortcuts";
import { usePlatform } from "../../platform/useView";

interface QueryFieldProps {
  value: string;
  onSearch: (query: string) => void;
  /** What the search said is wrong. */
  problem: { message: string; span: QuerySpan | null } | null;
}

/** Where the query is typed: suggests what could stand at the cursor, and points at what is wrong. */
export function QueryField({ value, onSearch, problem }: QueryFieldProps) {
  const platform = usePlatform();
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(value);
  const [completions, setCompletions] = useState<QueryCompletions | null>(null);
  const [chosen, setChosen] = useState(-1);
  const [open, setOpen] = useState(false);
  const id = useId();
  const asked = useRef(0);

  useEffect(() => setText(value), [value]);
  useShortcuts({
    "/": () => {
      input.current?.focus();
      input.current?.select();
    },
  });

  const complete = async (query: string, cursor: number) => {
    asked.current += 1;
    const mine = asked.current;
    try {
      const found = await platform.request("complete_query", { request: { query, cursor } });
      if (asked.current !== mine) return;
      setCompletions(found);
      setChosen(-1);
    } catch {
      // Typing goes on without suggestions.
    }
  };
  const take = (suggestion: string) => {
    if (!completions) return;
    const { offset, length } = completions.replace;
    const taken = text.slice(0, offset) + suggestion + text.slice(offset + length);
    const cursor = offset + suggestion.length;
    setText(taken);
    setOpen(!/\s$/.test(suggestion));
    requestAnimationFrame(() => input.current?.setSelectionRange(cursor, cursor));
    void complete(taken, cursor);
  };
  const search = () => {
    setOpen(false);
    onSearch(text.trim());
  };

  // What is typed is judged as it is typed; what was searched for, by the search.
  const typed = text.trim() !== value.trim();
  const mistake = typed
    ? completions?.mistake
      ? { message: completions.mistake, span: completions.mistakeAt }
      : null
    : problem;
  const suggestions = open ? (completions?.suggestions ?? []) : [];

  return (
    <div className="relative min-w-0 flex-1">
      <input
        ref={input}
        type="text"
        role="combobox"
        aria-label="Search the record"
        aria-expanded={suggestions.length > 0}
        aria-controls={id}
        aria-activedescendant={chosen >= 0 ? `${id}-${chosen}` : undefined}
        aria-invalid={mistake !== null}
        aria-describedby={mistake ? `${id}-mistake` : undefined}
        data-testid="query"
        placeholder='Search: kind:event severity>=warning dashboard:energy-* "timeout" after:-2h'
        value={text}
        spellCheck={false}
        autoComplete="off"
        onFocus={(event) => {
          setOpen(true);
          void complete(text, event.currentTarget.selectionStart ?? text.length);
        }}
        onBlur={() => setOpen(false)}
        onChange={(event) => {
          setText(event.target.value);
          setOpen(true);
          void complete(event.target.value, event.target.selectionStart ?? event.target.value.length);
        }}
        onKeyDown={(event) => {
          const suggestion = suggestions[chosen];
          if (event.key === "ArrowDown") setChosen(Math.min(chosen + 1, suggestions.length - 1));
          else if (event.key === "ArrowUp") setChosen(Math.max(chosen - 1, -1));
          else if ((event.key === "Enter" || event.key === "Tab") && suggestion) take(suggestion.text);
          else if (event.key === "Enter") search();
          else if (event.key === "Escape" && suggestions.length > 0) setOpen(false);
          else if (event.key === "Escape") input.current?.blur();
          else return;
          event.preventDefault();
          event.stopPropagation();
        }}
        className={`field pr-8 font-mono text-sm ${mistake ? "border-serious" : ""}`}
      />
      <kbd className="kbd pointer-events-none absolute top-1.5 right-2">/</kbd>
      {mistake && (
        <p
          id={`${id}-mistake`}
          role="status"
          data-testid="query-mistake"
          className="flex min-w-0 items-baseline gap-2 pt-1 text-sm"
        >
          <code className="min-w-0 truncate font-mono whitespace-pre text-fg-2" aria-hidden="true">
            <Marked text={text} span={mistake.span} />
          </code>
          <span className="flex-none text-serious">{plainLine(mistake.message)}</span>
        </p>
      )}
      {suggestions.length > 0 && (
        <div
          id={id}
          role="listbox"
          aria-label="Suggestions"
          className="absolute top-[34px] z-20 max-h-72 w-[420px] max-w-full overflow-y-auto rounded-md border border-line-strong bg-overlay p-1 shadow-lg"
        >
          {suggestions.map((suggestion, index) => (
            <div
              key={suggestion.text}
              id={`${id}-${index}`}
              role="option"
              tabIndex={-1}
              aria-selected={index === chosen}
              // Taken before the field loses the focus.
              onMouseDown={(event) => {
                event.preventDefault();
                take(suggestion.text);
              }}
              className="flex h-7 items-center gap-3 rounded-sm px-2 aria-selected:bg-accent-quiet"
            >
              <code className="font-mono text-sm">{suggestion.text}</code>
              <span className="min-w-0 flex-1 truncate text-right text-fg-3 text-sm">{suggestion.note}</span>
            </div>
          ))}
        </div>
      )}
    </div>
  );
}

/** The query with the mistake marked. */
function Marked({ text, span }: { text: string; span: QuerySpan | null }) {
  if (!span) return plainLine(text);
  const end = span.offset + Math.max(1, span.length);
  return (
    <>
      {plainLine(text.slice(0, span.offset))}
      <mark className="bg-serious-quiet text-serious underline decoration-wavy">
        {plainLine(text.slice(span.offset, end)) || "\u2423"}
      </mark>
      {plainLine(text.slice(end))}
    </>
  );
}
