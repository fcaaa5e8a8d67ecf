import { Tooltip as Radix } from "radix-ui";
import { type ReactElement, type ReactNode, useState } from "react";

export const TooltipProvider = Radix.Provider;

/** A hint on hovering or focusing its child; none when `text` is empty. */
export function Tooltip({ text, children }: { text: ReactNode; children: ReactElement }) {
  const [open, setOpen] = useState(false);
  // The child stays where it is when the hint comes or goes: it would lose the focus otherwise.
  return (
    <Radix.Root open={open && Boolean(text)} onOpenChange={setOpen}>
      <Radix.Trigger asChild>{children}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content className="tooltip" sideOffset={6} collisionPadding={8}>
          {text}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
