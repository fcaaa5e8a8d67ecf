import { useEffect, useRef, useState } from "react";
import type { ExportSubject } from "../bindings/ExportSubject";
import type { FileFormat } from "../bindings/FileFormat";
import type { HubKey } from "../bindings/HubKey";
import { Button } from "../components/Button";
import { Modal } from "../components/Modal";
import { RequestFailure } from "../components/Notice";
import { Segmented } from "../components/Segmented";
import { Select } from "../components/Select";
import { plainLine } from "../format/plainText";
import { formatInstant } from "../format/times";
import { usePlatform, useRequest, useView } from "../platform/useView";
import { TransferItem } from "./TransferItem";
import type { ExportWish } from "./transferStore";

const formats: ReadonlyArray<{ value: FileFormat; label: string }> = [
  { value: "csv", label: "CSV" },
  { value: "ndjson", label: "NDJSON" },
  { value: "parquet", label: "Parquet" },
  { value: "archive", label: "Archive" },
];

const meaning: Record<FileFormat, string> = {
  csv: "For spreadsheets. A text that a spreadsheet would take for a formula gets an apostrophe in front.",
  ndjson: "One JSON object a line, everything as it was recorded.",
  parquet: "Typed columns, compressed, for tools that compute.",
  archive: "One file with this part of the record, to be looked at in another Mission Control.",
};

type Points = "samples" | "chart";

const ALL = "all";

/** Asks how and where to write something, and shows how far it is. */
export function ExportDialog({ wish, onClose }: { wish: ExportWish; onClose: () => void }) {
  const platform = usePlatform();
  const { model: frame } = useView<"frame">({ view: "frame" });
  const { model } = useView<"transfers">({ view: "transfers" });
  const begin = useRequest("start_export");
  const [format, setFormat] = useState<FileFormat>("csv");
  const [points, setPoints] = useState<Points>("samples");
  const [hub, setHub] = useState<HubKey>(ALL);
  const [path, setPath] = useState("");
  const [replace, setReplace] = useState(false);
  const [begun, setBegun] = useState<number | null>(null);
  const transfer = model?.transfers.find((one) => one.id === begun) ?? null;
  const isOver = transfer !== null && transfer.state.state !== "running";
  const hubs = frame?.hubs ?? [];
  const only = hubs.length === 1 ? hubs[0]?.hub : undefined;
  const chosenHub = only ?? hub;

  // The file's ending follows the format; what was typed stays otherwise.
  const current = useRef(path);
  current.current = path;
  const name = wish.kind === "records" ? "events" : points === "chart" ? "chart" : "metrics";
  useEffect(() => {
    let stale = false;
    const request = { name, format, current: current.current === "" ? null : current.current };
    platform
      .request("suggest_export_path", { request })
      .then((suggested) => {
        if (!stale) setPath(suggested.path);
      })
      // Without a suggestion the path is typed.
      .catch(() => undefined);
    return () => {
      stale = true;
    };
  }, [platform, name, format]);

  const wanted = points === "chart" && wish.kind === "series" ? "csv" : format;
  const problem =
    path.trim() === ""
      ? "Write the path of the file."
      : wanted === "archive" && chosenHub === ALL
        ? "An archive is of one hub: choose which."
        : null;
  const send = async () => {
    const subject = subjectOf(wish, points, chosenHub);
    const id = await begin.send({ request: { subject, format: wanted, path: path.trim(), replace } });
    if (id !== undefined) setBegun(id);
  };

  return (
    <Modal label="Export" onClose={onClose} testId="export-dialog" className="w-[600px]">
      <form
        className="grid gap-4 p-5"
        onSubmit={(event) => {
          event.preventDefault();
          if (problem === null && begun === null) void send();
        }}
      >
        <h2 className="font-semibold text-lg">Export</h2>
        {begun === null ? (
          <>
            <WishText wish={wish} />
            {wish.kind === "series" && (
              <div className="grid justify-items-start gap-1">
                <span className="text-sm">What</span>
                <Segmented<Points>
                  label="What"
                  testId="export-points"
                  value={points}
                  options={[
                    { value: "samples", label: "Every sample" },
                    { value: "chart", label: "The chart's points" },
                  ]}
                  onChange={setPoints}
                />
              </div>
            )}
            {wish.kind === "records" && hubs.length > 1 && (
              <div className="grid justify-items-start gap-1">
                <span className="text-sm">Of</span>
                <Select<HubKey>
                  label="Of which hub"
                  testId="export-hub"
                  value={hub}
                  options={[
                    { value: ALL, label: "all hubs" },
                    ...hubs.map((one) => ({ value: one.hub, label: plainLine(one.name) })),
                  ]}
                  onChange={setHub}
                />
              </div>
            )}
            <div className="grid justify-items-start gap-1">
              <span className="text-sm">Format</span>
              <Segmented<FileFormat>
                label="Format"
                testId="export-format"
                value={wanted}
                options={formats.filter((one) =>
                  wish.kind === "records"
                    ? true
                    : points === "chart"
                      ? one.value === "csv"
                      : one.value !== "archive",
                )}
                onChange={setFormat}
              />
              <span className="text-fg-3 text-sm">{meaning[wanted]}</span>
            </div>
            <label className="grid gap-1">
              <span className="text-sm">File</span>
              <input
                className="field font-mono"
                data-testid="export-path"
                spellCheck={false}
                value={path}
                onChange={(event) => setPath(event.target.value)}
              />
            </label>
            <label className="flex items-center gap-2 text-sm">
              <input
                type="checkbox"
                className="check"
                data-testid="export-replace"
                checked={replace}
                onChange={(event) => setReplace(event.target.checked)}
              />
              Replace the file if it is there already
            </label>
            <RequestFailure error={begin.error} />
            <div className="flex justify-end gap-2">
              <Button onClick={onClose}>Cancel</Button>
              <Button
                type="submit"
                variant="primary"
                testId="export-confirm"
                disabledReason={begin.pending ? "Under way." : problem}
              >
                Export
              </Button>
            </div>
          </>
        ) : (
          <>
            {transfer && <TransferItem transfer={transfer} />}
            <div className="flex items-center justify-end gap-3">
              {!isOver && (
                <span className="text-fg-3 text-sm">Closed, it goes on; the bar on top shows it.</span>
              )}
              <Button variant={isOver ? "primary" : "normal"} testId="export-close" onClick={onClose}>
                Close
              </Button>
            </div>
          </>
        )}
      </form>
    </Modal>
  );
}

function WishText({ wish }: { wish: ExportWish }) {
  if (wish.kind === "records") {
    const { query, until } = wish.scope;
    return (
      <p className="text-fg-2">
        {query.trim() === "" ? (
          "Every record"
        ) : (
          <>
            The records that match{" "}
            <code className="rounded-sm bg-raised px-1 font-mono text-fg text-sm">{plainLine(query)}</code>
          </>
        )}
        {until === null ? ", up to now." : `, up to ${formatInstant(until).slice(0, 19)} UTC.`}
      </p>
    );
  }
  const { selections, from, to } = wish.chart;
  return (
    <p className="text-fg-2">
      {selections.length} series, from {formatInstant(from).slice(0, 19)} to {formatInstant(to).slice(0, 19)}{" "}
      UTC.
    </p>
  );
}

function subjectOf(wish: ExportWish, points: Points, hub: HubKey): ExportSubject {
  if (wish.kind === "records") {
    return { kind: "records", scope: { ...wish.scope, hubs: hub === ALL ? [] : [hub] } };
  }
  if (points === "chart") return { kind: "chart", request: wish.chart };
  const { selections, from, to } = wish.chart;
  return { kind: "samples", selections, from, to };
}
