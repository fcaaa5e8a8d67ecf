import type { ReactNode } from "react";
import type { RequestError } from "../bindings/RequestError";
import type { Status } from "../bindings/Status";
import { StatusIcon } from "./StatusIcon";
import { MultilineText } from "./Text";

interface EmptyStateProps {
  title: string;
  children?: ReactNode;
  status?: Status;
  testId?: string;
  /** For a small part of a view. */
  small?: boolean;
}

/** What stands where there is nothing to show: why, and what to do. */
export function EmptyState({ title, children, status = "off", testId, small }: EmptyStateProps) {
  return (
    <div
      data-testid={testId}
      className={`grid place-items-center content-center gap-2 text-center text-fg-2 ${small ? "px-4 py-6" : "min-h-60 flex-1 p-8"}`}
    >
      <StatusIcon status={status} size={small ? 12 : 20} label="" />
      <p className={small ? "text-fg-2" : "text-lg font-semibold text-fg"}>{title}</p>
      {children && (
        <div className="grid w-full max-w-[52ch] grid-cols-[minmax(0,1fr)] justify-items-center gap-3 text-pretty">
          {children}
        </div>
      )}
    </div>
  );
}

/** Stands in for a view whose first model has not come. */
export function LoadingState({ what }: { what: string }) {
  return (
    <div
      role="status"
      data-testid="loading"
      className="flex min-h-60 flex-1 flex-col gap-2.5 pt-4 opacity-0 [animation:appear_120ms_200ms_forwards]"
    >
      <span className="sr-only">Loading {what}</span>
      {[64, 100, 100, 82].map((width, index) => (
        <div
          // biome-ignore lint/suspicious/noArrayIndexKey: four fixed bars
          key={index}
          className="h-14 rounded-md border border-line bg-surface"
          style={{ width: `${width}%` }}
        />
      ))}
    </div>
  );
}

/** Stands in for a view that cannot be followed. */
export function FailedState({ what, error }: { what: string; error: RequestError }) {
  return (
    <EmptyState title={`Cannot show ${what}`} status="serious" testId="view-error">
      <MultilineText value={error.message} />
    </EmptyState>
  );
}
