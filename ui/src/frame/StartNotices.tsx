import { useState } from "react";
import { Button } from "../components/Button";
import { StatusIcon } from "../components/StatusIcon";
import { plainLine } from "../format/plainText";

/** What the operator should know of how the program started, until each is put away. */
export function StartNotices({ notices }: { notices: string[] }) {
  const [seen, setSeen] = useState<string[]>([]);
  return notices
    .filter((notice) => !seen.includes(notice))
    .map((notice) => (
      <div
        key={notice}
        role="status"
        data-testid="start-notice"
        className="flex items-center gap-2 border-b border-line bg-surface bg-[linear-gradient(var(--caution-quiet),var(--caution-quiet))] px-5 py-1.5 text-fg"
      >
        <StatusIcon status="caution" label="" />
        <p className="min-w-0 flex-1">{plainLine(notice)}</p>
        <Button variant="quiet" className="-my-1" onClick={() => setSeen((known) => [...known, notice])}>
          Got it
        </Button>
      </div>
    ));
}
