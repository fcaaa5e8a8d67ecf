import type { ReactNode } from "react";
import type { RequestError } from "../bindings/RequestError";
import type { Status } from "../bindings/Status";
import { StatusIcon } from "./StatusIcon";
import { MultilineText } from "./Text";

interface NoticeProps {
  status: Status;
  children: ReactNode;
  action?: ReactNode;
  testId?: string;
  className?: string;
}

/** A sentence that must be seen, with what can be done about it. */
export function Notice({ status, children, action, testId, className }: NoticeProps) {
  return (
    <div
      role={status === "critical" || status === "serious" ? "alert" : "status"}
      data-testid={testId}
      className={`flex items-start gap-2 rounded-md border border-line bg-raised px-3 py-2 ${className ?? ""}`}
    >
      <StatusIcon status={status} className="mt-1" />
      <div className="min-w-0 flex-1">{children}</div>
      {action}
    </div>
  );
}

/** Why a request failed. */
export function RequestFailure({ error, className }: { error: RequestError | null; className?: string }) {
  if (!error) return null;
  return (
    <Notice status="serious" testId="request-error" className={className}>
      <MultilineText value={error.message} />
    </Notice>
  );
}
