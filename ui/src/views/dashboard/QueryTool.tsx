import { useId, useState } from "react";
import type { DashboardKey } from "../../bindings/DashboardKey";
import { Button } from "../../components/Button";
import { RequestFailure } from "../../components/Notice";
import { CodeText } from "../../components/Text";
import { useRequest } from "../../platform/useView";
import { readJson } from "../../schema-form/JsonField";

/** Asks a dashboard something, and shows what it answers. */
export function QueryTool({ dashboard, disabled }: { dashboard: DashboardKey; disabled: string | null }) {
  const query = useRequest("query_dashboard");
  const id = useId();
  const [type, setType] = useState("STATUS");
  const [params, setParams] = useState("");
  const [answer, setAnswer] = useState<string | null>(null);
  const read = readJson(params);
  const problem = type.trim() === "" ? "Say what is asked." : "problem" in read ? read.problem : null;
  const reason = disabled ?? problem ?? (query.pending ? "Waiting for the answer." : null);

  const ask = async () => {
    if (!("value" in read)) return;
    setAnswer(null);
    const answered = await query.send({
      request: { dashboard, type: type.trim(), params: read.value ?? {} },
    });
    if (answered) setAnswer(answered.result);
  };

  return (
    <section className="panel min-w-0 p-4" aria-label="Query" data-testid="query-tool">
      <h2 className="caps pb-2">Query</h2>
      <form
        className="grid gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (reason === null) void ask();
        }}
      >
        <div className="grid gap-1">
          <label htmlFor={`${id}-type`} className="text-sm">
            What is asked
          </label>
          <input
            id={`${id}-type`}
            className="field font-mono"
            data-testid="query-type"
            spellCheck={false}
            autoComplete="off"
            value={type}
            onChange={(event) => setType(event.target.value)}
          />
        </div>
        <div className="grid gap-1">
          <label htmlFor={`${id}-params`} className="flex items-baseline justify-between text-sm">
            Details, as JSON <span className="text-fg-3 text-xs">optional</span>
          </label>
          <textarea
            id={`${id}-params`}
            className="field"
            rows={3}
            dir="ltr"
            spellCheck={false}
            placeholder="{ }"
            data-testid="query-params"
            aria-invalid={"problem" in read}
            value={params}
            onChange={(event) => setParams(event.target.value)}
          />
          {"problem" in read && <p className="text-sm">{read.problem}</p>}
        </div>
        <Button type="submit" className="justify-self-start" testId="ask-query" disabledReason={reason}>
          {query.pending ? "Asking" : "Ask"}
        </Button>
        <RequestFailure error={query.error} />
        {answer !== null && <CodeText value={answer} className="max-h-96" testId="query-answer" />}
      </form>
    </section>
  );
}
