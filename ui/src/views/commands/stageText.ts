import type { CommandRow } from "../../bindings/CommandRow";
import type { CommandStage } from "../../bindings/CommandStage";
import { formatDuration } from "../../format/times";

export const stageText: Record<CommandStage, string> = {
  QUEUED: "queued",
  SENT: "sent",
  ACCEPTED: "accepted",
  RUNNING: "running",
  SUCCEEDED: "succeeded",
  FAILED: "failed",
  TIMED_OUT: "timed out",
  CANCELLED: "cancelled",
  EXPIRED: "expired",
  REFUSED: "refused",
};

/** What a stage means, for those who wonder. */
export const stageMeaning: Record<CommandStage, string> = {
  QUEUED: "The hub has it; it is not yet on its way.",
  SENT: "Written to the dashboard's connection. Whether it arrived is not known.",
  ACCEPTED: "The dashboard has it and will run it.",
  RUNNING: "The dashboard is running it.",
  SUCCEEDED: "Done.",
  FAILED: "The dashboard says it could not be done.",
  TIMED_OUT: "No word from the dashboard in time. Whether it was done is not known.",
  CANCELLED: "Ended on request before it was done.",
  EXPIRED: "Its time ran out before it was sent.",
  REFUSED: "Never sent: not allowed, not possible or not valid.",
};

/** Where a command stands, with how far it is or how long it took. */
export function stageSummary(command: CommandRow): string {
  const stage = stageText[command.stage];
  if (command.progress !== null && !command.isFinal)
    return `${stage} · ${Math.round(command.progress * 100)} %`;
  return command.duration === null ? stage : `${stage} · ${formatDuration(command.duration)}`;
}
