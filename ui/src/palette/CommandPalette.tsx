import { useEffect, useId, useMemo, useRef, useState } from "react";
import { Modal } from "../components/Modal";
import { StatusIcon } from "../components/StatusIcon";
import { navigate } from "../navigation/useRoute";
import { useView } from "../platform/useView";
import { useTransferStore } from "../transfers/transferStore";
import { linkEntry, matching, paletteEntries } from "./entries";

const LIMIT = 40;

/** Goes anywhere and does anything, by its name. */
export function CommandPalette({ onClose }: { onClose: () => void }) {
  const { model: commands } = useView<"commands">({ view: "commands" });
  const { model: alerts } = useView<"alerts">({
    view: "alerts",
    filter: { text: "", scope: "open", minimumSeverity: null, useCase: null },
  });
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  const openDialog = useTransferStore((state) => state.open);

  const entries = useMemo(
    () => paletteEntries(commands?.targets ?? [], alerts?.alerts ?? []),
    [commands?.targets, alerts?.alerts],
  );
  const found = useMemo(() => {
    const link = linkEntry(query);
    return link ? [link] : matching(entries, query, LIMIT);
  }, [entries, query]);
  const index = Math.min(at, found.length - 1);

  useEffect(() => {
    list.current?.querySelector(`[data-index="${index}"]`)?.scrollIntoView?.({ block: "nearest" });
  }, [index]);

  const choose = (place: number) => {
    const chosen = found[place];
    if (!chosen) return;
    onClose();
    if (chosen.dialog) openDialog({ name: chosen.dialog });
    else if (chosen.address) window.location.hash = chosen.address;
    else navigate(chosen.route);
  };

  return (
    <Modal label="Command palette" onClose={onClose} testId="palette" className="w-[600px]">
      <input
        // biome-ignore lint/a11y/noAutofocus: it was opened in order to type
        autoFocus
        role="combobox"
        aria-expanded="true"
        aria-controls={id}
        aria-activedescendant={found[index] ? `${id}-${index}` : undefined}
        aria-label="Go to a view, dashboard or alert, or send a command"
        placeholder="Go to a view, dashboard or alert, or send a command"
        data-testid="palette-input"
        value={query}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => {
          setQuery(event.target.value);
          setAt(0);
        }}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown" || (event.ctrlKey && event.key === "n"))
            setAt(Math.min(index + 1, found.length - 1));
          else if (event.key === "ArrowUp" || (event.ctrlKey && event.key === "p"))
            setAt(Math.max(index - 1, 0));
          else if (event.key === "Enter") choose(index);
          else return;
          event.preventDefault();
        }}
        className="h-11 w-full border-b border-line bg-transparent px-4 text-[14px] outline-none placeholder:text-fg-3"
      />
      <div
        ref={list}
        id={id}
        role="listbox"
        aria-label="Results"
        className="max-h-[52vh] overflow-y-auto p-1.5"
      >
        {found.length === 0 && (
          <p className="px-3 py-6 text-center text-fg-3">Nothing has all of these words.</p>
        )}
        {found.map((entry, place) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the input handles the keyboard
          <div
            key={entry.id}
            id={`${id}-${place}`}
            role="option"
            tabIndex={-1}
            aria-selected={place === index}
            data-index={place}
            data-testid={`palette-${entry.id}`}
            onClick={() => choose(place)}
            onMouseMove={() => setAt(place)}
            className="flex h-8 items-center gap-2.5 rounded-md px-2.5 aria-selected:bg-accent-quiet"
          >
            {entry.status ? (
              <StatusIcon status={entry.status} />
            ) : (
              <span className="w-3 text-center text-fg-3">›</span>
            )}
            <bdi className="truncate">{entry.text}</bdi>
            <bdi className="min-w-0 flex-1 truncate text-fg-2 text-sm">{entry.detail}</bdi>
            <span className="flex-none text-fg-2 text-sm">{entry.kind}</span>
          </div>
        ))}
      </div>
    </Modal>
  );
}
