import { plainLine, plainText } from "../format/plainText";

interface TextProps {
  value: string;
  className?: string;
  /** Shows the whole text on hovering; for text that may be cut off. */
  titled?: boolean;
}

/** One line of text that came from outside: isolated from what stands around it, and only ever text. */
export function Text({ value, className, titled }: TextProps) {
  const line = plainLine(value);
  return (
    <bdi className={className} title={titled ? line : undefined}>
      {line}
    </bdi>
  );
}

/** Text from outside with its line breaks. */
export function MultilineText({ value, className }: TextProps) {
  return <bdi className={`block whitespace-pre-line break-words ${className ?? ""}`}>{plainText(value)}</bdi>;
}

/** JSON, or any text, in full and in the mono face. */
export function CodeText({ value, className, testId }: TextProps & { testId?: string }) {
  return (
    <pre className={`json overflow-auto ${className ?? ""}`} data-testid={testId} tabIndex={0} dir="ltr">
      {plainText(value)}
    </pre>
  );
}
