import { useCallback, useId, useRef, useState } from "react";
import type { CommandDeclaration } from "../../bindings/CommandDeclaration";
import type { CommandId } from "../../bindings/CommandId";
import type { CommandTarget } from "../../bindings/CommandTarget";
import type { PayloadProblem } from "../../bindings/PayloadProblem";
import type { JsonValue } from "../../bindings/serde_json/JsonValue";
import { Button } from "../../components/Button";
import { Notice } from "../../components/Notice";
import { MultilineText, Text } from "../../components/Text";
import { plainLine } from "../../format/plainText";
import { asRequestError } from "../../platform/platform";
import { usePlatform } from "../../platform/useView";
import { SchemaForm } from "../../schema-form/SchemaForm";
import { asSchema, initialValue } from "../../schema-form/schema";
import { HazardMark } from "./HazardMark";
import { useValidation } from "./useValidation";

interface CommandFormProps {
  declaration: CommandDeclaration;
  targets: CommandTarget[];
  onIssued: (commandId: CommandId) => void;
}

interface Failure {
  target: string;
  message: string;
}

/** Fills in and sends one command to one or several dashboards. Mount it anew for another command. */
export function CommandForm({ declaration, targets, onIssued }: CommandFormProps) {
  const platform = usePlatform();
  const id = useId();
  const form = useRef<HTMLFormElement>(null);
  const schema = asSchema(declaration.payloadSchema);
  const [value, setValue] = useState<JsonValue | undefined>(() => initialValue(schema));
  const [unreadable, setUnreadable] = useState<ReadonlyMap<string, string>>(new Map());
  const [refused, setRefused] = useState<PayloadProblem[]>([]);
  const [tried, setTried] = useState(false);
  const [typed, setTyped] = useState("");
  const [limit, setLimit] = useState("");
  const [sending, setSending] = useState(false);
  const [failures, setFailures] = useState<Failure[]>([]);

  const payload = value ?? {};
  const found = useValidation(targets[0]?.dashboard ?? null, declaration.type, payload);
  const problems = found ?? [];
  const destructive = declaration.hazard === "destructive";
  const confirmed = !destructive || typed.trim() === declaration.type;
  const limitProblem = limit.trim() !== "" && !(Number(limit) >= 1 && Number(limit) <= 86_400);
  const blocked = targets.find((target) => target.disabled !== null);

  const change = useCallback((next: JsonValue | undefined) => {
    setValue(next);
    setRefused([]);
  }, []);

  const validateNow = async () => {
    const dashboard = targets[0]?.dashboard;
    if (!dashboard) return [];
    try {
      return (
        await platform.request("validate_payload", {
          request: { dashboard, type: declaration.type, payload },
        })
      ).problems;
    } catch {
      // Whoever cannot be asked cannot object; the hub checks again.
      return [];
    }
  };

  const send = async () => {
    setTried(true);
    // What was typed last may not have been checked yet.
    const wrong = found ?? (await validateNow());
    if (wrong.length > 0) setRefused(wrong);
    if (wrong.length > 0 || unreadable.size > 0 || limitProblem) {
      // The next frame shows the problems; then the first of them can be gone to.
      requestAnimationFrame(() => form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus());
      return;
    }
    if (!confirmed) return;
    setSending(true);
    setFailures([]);
    const failed: Failure[] = [];
    let last: CommandId | null = null;
    for (const target of targets) {
      try {
        const issued = await platform.request("issue_command", {
          request: {
            dashboard: target.dashboard,
            type: declaration.type,
            payload,
            timeoutMilliseconds: limit.trim() === "" ? null : Math.round(Number(limit) * 1000),
          },
        });
        last = issued.commandId;
      } catch (caught) {
        const error = asRequestError(caught);
        failed.push({ target: target.name, message: error.message });
        if (error.problems.length > 0) setRefused(error.problems);
      }
    }
    setSending(false);
    setFailures(failed);
    if (failed.length === 0) {
      setTyped("");
      setTried(false);
    }
    if (last !== null) onIssued(last);
  };

  const reason =
    targets.length === 0
      ? "Choose a dashboard first."
      : sending
        ? "Sending."
        : blocked
          ? targets.length === 1
            ? blocked.disabled
            : `${plainLine(blocked.name)}: ${blocked.disabled}`
          : !confirmed
            ? `Type ${declaration.type} to confirm.`
            : null;

  return (
    <form
      ref={form}
      data-testid="command-form"
      className="grid max-w-[600px] content-start gap-4"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (reason === null) void send();
      }}
    >
      <div>
        <div className="flex items-center gap-2">
          <h2 className="min-w-0 truncate font-semibold text-lg">
            <Text value={declaration.title} titled />
          </h2>
          <HazardMark hazard={declaration.hazard} withText />
        </div>
        <Text value={declaration.type} className="font-mono text-fg-3 text-sm" />
        <MultilineText value={declaration.description} className="mt-1 text-fg-2" />
      </div>

      <SchemaForm
        schema={schema}
        value={value}
        onChange={change}
        problems={refused.length > 0 ? refused : problems}
        onUnreadable={setUnreadable}
        showAll={tried || refused.length > 0}
        disabled={sending}
      />

      <div className="grid gap-1">
        <label htmlFor={`${id}-limit`} className="flex items-baseline justify-between text-sm">
          Give up after, in seconds <span className="text-fg-3 text-xs">optional</span>
        </label>
        <input
          id={`${id}-limit`}
          className="field"
          inputMode="decimal"
          placeholder="the hub's default"
          data-testid="command-timeout"
          value={limit}
          aria-invalid={limitProblem || undefined}
          onChange={(event) => setLimit(event.target.value)}
        />
        {limitProblem && <p className="text-sm">From 1 second to a day (86,400).</p>}
      </div>

      {destructive && targets.length > 0 && (
        <Notice status="critical">
          <div className="grid gap-2">
            <p>
              This cannot be undone on{" "}
              <b className="font-semibold">
                {targets.length === 1 ? plainLine(targets[0]?.name ?? "") : `${targets.length} dashboards`}
              </b>
              . Type <code className="font-mono select-all">{declaration.type}</code> to confirm.
            </p>
            <input
              className="field font-mono"
              aria-label={`Type ${declaration.type} to confirm`}
              data-testid="confirm-destructive"
              spellCheck={false}
              autoComplete="off"
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
            />
          </div>
        </Notice>
      )}

      {failures.map((failure) => (
        <Notice key={failure.target} status="serious" testId="command-failure">
          <b className="font-semibold">
            <Text value={failure.target} />
          </b>
          <MultilineText value={failure.message} />
        </Notice>
      ))}

      <div className="flex items-center gap-3">
        <Button
          type="submit"
          variant={destructive ? "danger" : "primary"}
          testId="send-command"
          disabledReason={reason}
          className="h-8 px-4"
        >
          {targets.length > 1 ? `Send to ${targets.length} dashboards` : "Send"}
        </Button>
        {reason && !sending && <span className="min-w-0 text-fg-3 text-sm">{reason}</span>}
      </div>
    </form>
  );
}
