import { useState } from "react";
import type { ConfigurationRow } from "../../bindings/ConfigurationRow";
import type { DashboardConfig } from "../../bindings/DashboardConfig";
import type { DashboardKey } from "../../bindings/DashboardKey";
import type { DashboardView } from "../../bindings/DashboardView";
import { Button } from "../../components/Button";
import { Moment } from "../../components/Moment";
import { Notice, RequestFailure } from "../../components/Notice";
import { StatusIcon } from "../../components/StatusIcon";
import { CodeText, MultilineText, Text } from "../../components/Text";
import { plainLine } from "../../format/plainText";
import { useRequest } from "../../platform/useView";
import { readJson } from "../../schema-form/JsonField";
import { isObject } from "../../schema-form/schema";
import { QueryTool } from "./QueryTool";

/** What it said of itself, the configuration pushed to it, and asking it something. */
export function ConfigurationSection({ dashboard, view }: { dashboard: DashboardKey; view: DashboardView }) {
  return (
    <div className="grid min-h-0 flex-1 grid-cols-[minmax(0,1fr)_minmax(0,1fr)_minmax(0,1fr)] content-start gap-2.5 overflow-y-auto px-5 py-4">
      <Registration config={view.config} />
      <ConfigurationPush
        dashboard={dashboard}
        current={view.configuration}
        disabled={view.commandsDisabled}
      />
      <QueryTool dashboard={dashboard} disabled={view.commandsDisabled} />
    </div>
  );
}

function Registration({ config }: { config: DashboardConfig | null }) {
  return (
    <section className="panel min-w-0 p-4" aria-label="Registration" data-testid="registration">
      <h2 className="caps pb-2">Registration</h2>
      {config ? (
        <dl className="facts">
          <dt>Id</dt>
          <dd>
            <Text value={config.id} className="font-mono text-sm" />
          </dd>
          <dt>Type</dt>
          <dd>
            <Text value={config.type} />
          </dd>
          <dt>Use case</dt>
          <dd>
            <Text value={config.useCase} />
          </dd>
          <dt>Version</dt>
          <dd>
            <Text value={config.version} />
          </dd>
          <dt>Capabilities</dt>
          <dd>
            {config.capabilities.length === 0
              ? "none"
              : config.capabilities.map((one) => <Text key={one} value={one} className="block" />)}
          </dd>
          {Object.entries(config.metadata).map(([name, value]) => (
            <div key={name} className="contents">
              <dt>
                <Text value={name} />
              </dt>
              <dd>
                <Text value={typeof value === "string" ? value : JSON.stringify(value)} />
              </dd>
            </div>
          ))}
        </dl>
      ) : (
        <p className="text-fg-3">Its registration has not been seen.</p>
      )}
    </section>
  );
}

const pushedStatus = { pushed: "standby", applied: "normal", rejected: "serious" } as const;
const pushedText = { pushed: "pushed, not yet answered", applied: "applied", rejected: "rejected" } as const;

interface ConfigurationPushProps {
  dashboard: DashboardKey;
  current: ConfigurationRow | null;
  disabled: string | null;
}

function ConfigurationPush({ dashboard, current, disabled }: ConfigurationPushProps) {
  const push = useRequest("push_configuration");
  const shown = current ? JSON.stringify(current.values, null, 2) : "{}";
  const [text, setText] = useState<string | null>(null);
  const read = readJson(text ?? shown);
  const problem =
    "problem" in read ? read.problem : isObject(read.value) ? null : "The settings are a JSON object: { … }.";

  const send = async () => {
    if (!("value" in read) || !isObject(read.value)) return;
    if ((await push.send({ request: { dashboard, values: read.value } })) !== undefined) setText(null);
  };

  return (
    <section
      className="panel grid min-w-0 content-start gap-3 p-4"
      aria-label="Configuration"
      data-testid="configuration"
    >
      <h2 className="caps">Configuration</h2>
      {current ? (
        <>
          <p className="flex items-center gap-2" data-testid="configuration-state" data-state={current.state}>
            <StatusIcon status={pushedStatus[current.state]} label="" />
            Version {current.version} {pushedText[current.state]}
          </p>
          <p className="-mt-2 text-fg-3">
            <Moment at={current.at} />
            {current.by && <> by {plainLine(current.by)}</>}
          </p>
          {current.error && (
            <Notice status="serious">
              <MultilineText value={current.error} />
            </Notice>
          )}
          {text === null && <CodeText value={shown} className="max-h-60" />}
        </>
      ) : (
        text === null && <p className="text-fg-3">No configuration was ever pushed to it.</p>
      )}
      {text === null ? (
        <Button
          className="justify-self-start"
          testId="edit-configuration"
          disabledReason={disabled}
          onClick={() => setText(shown)}
        >
          {current ? "Change and push…" : "Push one…"}
        </Button>
      ) : (
        <>
          <textarea
            className="field min-h-40"
            aria-label="Settings as JSON"
            aria-invalid={problem !== null}
            data-testid="configuration-editor"
            spellCheck={false}
            dir="ltr"
            rows={Math.min(20, Math.max(8, text.split("\n").length + 1))}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
          {problem && <p className="text-sm">{problem}</p>}
          <RequestFailure error={push.error} />
          <div className="flex gap-2">
            <Button
              variant="primary"
              testId="push-configuration"
              disabledReason={disabled ?? problem ?? (push.pending ? "Under way." : null)}
              onClick={() => void send()}
            >
              Push
            </Button>
            <Button onClick={() => setText(null)}>Cancel</Button>
          </div>
        </>
      )}
    </section>
  );
}
