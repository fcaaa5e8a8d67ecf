import { Tooltip as Radix } from "radix-ui";
import type { ReactElement, ReactNode } from "react";

export const TooltipProvider = Radix.Provider;

/** A hint on hovering or focusing its child; none when `text` is empty. */
export function Tooltip({ text, children }: { text: ReactNode; children: ReactElement }) {
  // The child stays where it is when the hint comes or goes: it would lose the focus otherwise.
  return (
    <Radix.Root {...(text ? {} : { open: false })}>
      <Radix.Trigger asChild>{children}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content className="tooltip" sideOffset={6} collisionPadding={8}>
          {text}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
