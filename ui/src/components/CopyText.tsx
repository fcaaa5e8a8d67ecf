import { useEffect, useState } from "react";
import { plainLine } from "../format/plainText";
import { Button } from "./Button";

/** A text to be taken elsewhere, with the button that takes it. */
export function CopyText({ text, label, testId }: { text: string; label: string; testId?: string }) {
  const [outcome, setOutcome] = useState<"copied" | "failed" | null>(null);
  useEffect(() => {
    if (!outcome) return;
    const timer = setTimeout(() => setOutcome(null), 2000);
    return () => clearTimeout(timer);
  }, [outcome]);

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setOutcome("copied");
    } catch {
      setOutcome("failed");
    }
  };

  return (
    <span className="flex min-w-0 items-center gap-1 rounded-md border border-line bg-bg pl-2.5">
      <code className="min-w-0 flex-1 truncate font-mono text-sm text-fg-2 select-all" title={text}>
        {plainLine(text)}
      </code>
      <Button variant="quiet" aria-label={label} testId={testId} onClick={() => void copy()}>
        {outcome === "copied" ? "Copied" : outcome === "failed" ? "Select it and copy" : "Copy"}
      </Button>
    </span>
  );
}
