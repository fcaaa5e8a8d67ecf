import { plainLine } from "../format/plainText";
import { CopyButton } from "./CopyButton";

/** A text to be taken elsewhere, with the button that takes it. */
export function CopyText({ text, label, testId }: { text: string; label: string; testId?: string }) {
  return (
    <span className="flex min-w-0 items-center gap-1 rounded-md border border-line bg-bg pl-2.5">
      <code className="min-w-0 flex-1 truncate font-mono text-sm text-fg-2 select-all" title={text}>
        {plainLine(text)}
      </code>
      <CopyButton text={text} label={label} failure="Select it and copy" testId={testId}>
        Copy
      </CopyButton>
    </span>
  );
}
