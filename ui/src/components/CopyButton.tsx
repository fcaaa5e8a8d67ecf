import { useEffect, useState } from "react";
import { Button } from "./Button";

interface CopyButtonProps {
  text: string;
  /** What it does, for who cannot see what it stands beside. */
  label: string;
  /** What stands on it. */
  children: string;
  /** What stands on it when the system does not let it copy. */
  failure: string;
  testId?: string | undefined;
}

/** Takes a text to the clipboard, and says so. */
export function CopyButton({ text, label, children, failure, testId }: CopyButtonProps) {
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
    <Button variant="quiet" aria-label={label} testId={testId} onClick={() => void copy()}>
      {outcome === "copied" ? "Copied" : outcome === "failed" ? failure : children}
    </Button>
  );
}
