import type { CommandDeclaration } from "../../bindings/CommandDeclaration";
import { Text } from "../../components/Text";
import { HazardMark } from "./HazardMark";

interface CommandListProps {
  commands: CommandDeclaration[];
  chosen: string | null;
  onChoose: (type: string) => void;
}

/** The commands that can be sent. */
export function CommandList({ commands, chosen, onChoose }: CommandListProps) {
  return (
    <ul aria-label="Commands" className="grid gap-px">
      {commands.map((command) => (
        <li key={command.type}>
          <button
            type="button"
            aria-pressed={command.type === chosen}
            data-testid={`command-${command.type}`}
            title={`${command.type}: ${command.description}`}
            onClick={() => onChoose(command.type)}
            className="flex h-7 w-full items-center justify-between gap-2 rounded-md px-2.5 text-left -outline-offset-2 hover:bg-raised aria-pressed:bg-accent-quiet aria-pressed:shadow-[inset_2px_0_var(--accent)]"
          >
            <Text value={command.title} className="truncate" />
            <HazardMark hazard={command.hazard} />
          </button>
        </li>
      ))}
    </ul>
  );
}
