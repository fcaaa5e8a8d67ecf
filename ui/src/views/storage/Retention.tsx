import { useState } from "react";
import type { KindRule } from "../../bindings/KindRule";
import type { RecordKind } from "../../bindings/RecordKind";
import type { RetentionChoice } from "../../bindings/RetentionChoice";
import type { StorageHealth } from "../../bindings/StorageHealth";
import { Button } from "../../components/Button";
import { Modal } from "../../components/Modal";
import { RequestFailure } from "../../components/Notice";
import { plainLine } from "../../format/plainText";
import { useRequest } from "../../platform/useView";
import { kindsInOrder, kindText } from "./kindText";

const MEBIBYTE = 1024 * 1024;

/** What is kept of the past, with a look at what would go before it does. */
export function Retention({ health, onSaved }: { health: StorageHealth; onSaved: () => void }) {
  const [choice, setChoice] = useState(health.retention);
  const preview = useRequest("preview_retention");
  const save = useRequest("save_retention");
  const [told, setTold] = useState<Awaited<ReturnType<typeof preview.send>>>();
  const unchanged = JSON.stringify(choice) === JSON.stringify(health.retention);
  const request = { hub: health.hub, retention: choice };
  const look = async () => setTold(await preview.send({ request }));
  const confirm = async () => {
    if ((await save.send({ request })) === undefined) return;
    setTold(undefined);
    onSaved();
  };
  const rule = (kind: RecordKind, next: KindRule | undefined) => {
    const kinds = { ...choice.kinds };
    if (next) kinds[kind] = next;
    else delete kinds[kind];
    setChoice({ ...choice, kinds });
  };
  const own = kindsInOrder.filter((kind) => choice.kinds[kind]);
  const others = kindsInOrder.filter((kind) => !choice.kinds[kind]);

  return (
    <section aria-labelledby="retention-title">
      <h2 id="retention-title" className="caps pb-2">
        What is kept
      </h2>
      <form
        className="panel grid gap-4 p-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (!unchanged) void look();
        }}
      >
        <p className="text-fg-2">
          {health.role === "own"
            ? "Of the log of the hub inside this program."
            : "Of the copies of all remote hubs. The hubs themselves keep what they are told to."}{" "}
          Registrations, alerts, commands, configurations and refusals are kept for ever unless they have a
          rule.
        </p>
        <div className="grid grid-cols-3 items-start gap-4">
          <NumberField
            label="Statuses, events, reports: days"
            hint="0 keeps for ever"
            value={choice.keepDays}
            onChange={(keepDays) => setChoice({ ...choice, keepDays: keepDays ?? 0 })}
            testId="keep-days"
          />
          <SizeField
            label="Size of the file: MiB"
            hint="empty for no bound"
            value={choice.keepBytes}
            onChange={(keepBytes) => setChoice(withBytes(choice, keepBytes))}
            testId="keep-megabytes"
          />
          <NumberField
            label="Series of numbers: days"
            hint="0 keeps for ever"
            value={choice.keepSeriesDays}
            onChange={(keepSeriesDays) => setChoice({ ...choice, keepSeriesDays: keepSeriesDays ?? 0 })}
            testId="keep-series-days"
          />
        </div>
        <div className="grid gap-2">
          <h3 className="text-fg-3 text-sm">Kinds with a rule of their own</h3>
          {own.map((kind) => {
            const known = choice.kinds[kind] ?? { keepDays: 0 };
            return (
              <div key={kind} className="grid grid-cols-[1fr_120px_140px_auto] items-end gap-3">
                <span className="self-center">{kindText[kind]}</span>
                <NumberField
                  label="Days"
                  value={known.keepDays}
                  onChange={(keepDays) => rule(kind, { ...known, keepDays: keepDays ?? 0 })}
                  testId={`keep-days-${kind}`}
                />
                <SizeField
                  label="MiB"
                  value={known.keepBytes}
                  onChange={(keepBytes) => rule(kind, withBytes(known, keepBytes))}
                  testId={`keep-megabytes-${kind}`}
                />
                <Button
                  type="button"
                  className="h-[30px]"
                  aria-label={`Remove the rule for ${kindText[kind]}`}
                  onClick={() => rule(kind, undefined)}
                >
                  Remove
                </Button>
              </div>
            );
          })}
          <select
            className="field w-64"
            aria-label="Add a rule for a kind"
            data-testid="add-kind-rule"
            value=""
            onChange={(event) => rule(event.target.value as RecordKind, { keepDays: choice.keepDays || 365 })}
          >
            <option value="">Add a rule for…</option>
            {others.map((kind) => (
              <option key={kind} value={kind}>
                {kindText[kind]}
              </option>
            ))}
          </select>
        </div>
        {told === undefined && <RequestFailure error={preview.error ?? save.error} />}
        <div className="flex justify-end gap-2">
          <Button
            type="button"
            disabledReason={unchanged ? "Nothing has changed." : null}
            onClick={() => setChoice(health.retention)}
          >
            Undo
          </Button>
          <Button
            type="submit"
            variant="primary"
            testId="preview-retention"
            disabledReason={unchanged ? "Nothing has changed." : preview.pending ? "Looking." : null}
          >
            See what goes…
          </Button>
        </div>
      </form>
      {told && (
        <Modal
          label="What goes"
          onClose={() => setTold(undefined)}
          testId="retention-dialog"
          className="w-[520px]"
        >
          <div className="grid gap-3 p-5">
            <h2 className="font-semibold text-lg">
              {told.drops ? "This goes for good" : "Nothing goes now"}
            </h2>
            {told.lines.length > 0 && (
              <ul className="list-disc pl-5">
                {told.lines.map((line) => (
                  <li key={line}>{plainLine(line)}</li>
                ))}
              </ul>
            )}
            <p className="text-fg-2">{plainLine(told.freed)}</p>
            <RequestFailure error={save.error} />
            <div className="flex justify-end gap-2">
              <Button onClick={() => setTold(undefined)}>Cancel</Button>
              <Button
                variant={told.drops ? "danger" : "primary"}
                testId="save-retention"
                disabledReason={save.pending ? "Under way." : null}
                onClick={() => void confirm()}
              >
                {told.drops ? "Drop it, and keep so from now on" : "Keep so from now on"}
              </Button>
            </div>
          </div>
        </Modal>
      )}
    </section>
  );
}

function withBytes<T extends RetentionChoice | KindRule>(choice: T, bytes: number | undefined): T {
  const { keepBytes: _, ...rest } = choice;
  return (bytes === undefined ? rest : { ...rest, keepBytes: bytes }) as T;
}

interface FieldProps {
  label: string;
  hint?: string;
  value: number | undefined;
  onChange: (value: number | undefined) => void;
  testId: string;
}

function NumberField({ label, hint, value, onChange, testId }: FieldProps) {
  return (
    <label className="grid gap-1">
      <span className="text-sm">{label}</span>
      <input
        className="field"
        type="number"
        min={0}
        step={1}
        data-testid={testId}
        value={value ?? ""}
        placeholder="no bound"
        onChange={(event) => {
          const number = Math.floor(Number(event.target.value));
          onChange(event.target.value === "" || !(number >= 0) ? undefined : number);
        }}
      />
      {hint && <span className="text-fg-3 text-sm">{hint}</span>}
    </label>
  );
}

function SizeField({ label, hint, value, onChange, testId }: FieldProps) {
  return (
    <NumberField
      label={label}
      hint={hint}
      value={value === undefined ? undefined : Math.round(value / MEBIBYTE)}
      onChange={(megabytes) => onChange(megabytes ? megabytes * MEBIBYTE : undefined)}
      testId={testId}
    />
  );
}
