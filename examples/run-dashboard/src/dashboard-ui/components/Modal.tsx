import { type ReactNode, useEffect, useRef } from "react";
import type { ModalId } from "../../dashboard-state/store";
import { useDashboard, useDashboardState } from "../dashboard-context";

interface ModalProps {
  id: ModalId;
  title: string;
  /** In pixels. */
  width?: number;
  children: ReactNode;
}

const FOCUSABLE = "button:not(:disabled), input:not(:disabled), select, a[href], [tabindex='0']";

/** A dialog: it takes the focus, keeps it, and gives it back. */
export function Modal({ id, title, width, children }: ModalProps) {
  const dashboard = useDashboard();
  const dialog = useRef<HTMLDivElement>(null);
  const isOnTop = useDashboardState(({ modals }) => modals.at(-1) === id);
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.focus();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  useEffect(() => {
    if (!isOnTop) return;
    // On the document: what had the focus may have been disabled, and then nothing in the dialog hears of keys.
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key === "Escape") dashboard.closeModal(id);
      else if (event.key === "Tab" && dialog.current) keepFocus(event, dialog.current);
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [dashboard, id, isOnTop]);
  const close = () => dashboard.closeModal(id);

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a click beside the dialog closes it, as Escape does
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape does the same
    <div
      className="shade"
      onClick={(event) => {
        if (event.target === event.currentTarget) close();
      }}
    >
      <div
        ref={dialog}
        className="modal"
        role="dialog"
        aria-modal="true"
        aria-label={title}
        tabIndex={-1}
        data-testid={`modal-${id}`}
        style={{ "--width": width && `${width}px` } as React.CSSProperties}
      >
        <header>
          <h2>{title}</h2>
          <button type="button" className="button quiet" aria-label="Close" onClick={close}>
            ✕
          </button>
        </header>
        {children}
      </div>
    </div>
  );
}

/** From the last stop of a dialog to its first, and back. */
function keepFocus(event: KeyboardEvent, dialog: HTMLElement): void {
  const stops = [...dialog.querySelectorAll<HTMLElement>(FOCUSABLE)];
  const [first, last] = [stops[0], stops.at(-1)];
  const leaving = event.shiftKey ? first : last;
  const { activeElement } = document;
  if (activeElement !== leaving && activeElement !== dialog && dialog.contains(activeElement)) return;
  event.preventDefault();
  (event.shiftKey ? last : first)?.focus();
}
