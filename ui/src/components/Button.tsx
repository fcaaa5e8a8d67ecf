import type { ComponentProps } from "react";
import { Tooltip } from "./Tooltip";

interface ButtonProps extends Omit<ComponentProps<"button">, "disabled"> {
  variant?: "normal" | "primary" | "danger" | "quiet";
  /** Why it cannot be used now: then it does nothing and says so on hovering and on focus. */
  disabledReason?: string | null;
  /** What it does, when the text does not say it all. */
  hint?: string;
  testId?: string;
}

const variants = { normal: "", primary: "btn-primary", danger: "btn-danger", quiet: "btn-quiet" } as const;

export function Button({
  variant = "normal",
  disabledReason,
  hint,
  testId,
  className,
  onClick,
  ...rest
}: ButtonProps) {
  const disabled = disabledReason !== null && disabledReason !== undefined;
  return (
    <Tooltip text={disabled ? disabledReason : hint}>
      <button
        type="button"
        {...rest}
        className={`btn ${variants[disabled ? "normal" : variant]} ${className ?? ""}`}
        aria-disabled={disabled || undefined}
        data-testid={testId}
        onClick={(event) => {
          if (disabled) event.preventDefault();
          else onClick?.(event);
        }}
      />
    </Tooltip>
  );
}
