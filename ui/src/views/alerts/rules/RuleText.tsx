import { useState } from "react";
import type { HubKey } from "../../../bindings/HubKey";
import { Button } from "../../../components/Button";
import { CopyButton } from "../../../components/CopyButton";
import { Modal } from "../../../components/Modal";
import { RequestFailure } from "../../../components/Notice";
import { CodeText } from "../../../components/Text";
import { useLatest } from "../../metrics/useLatest";
import { useAlerting } from "../useAlerting";

/** Largest file that is read, in bytes; the hub reads no more either. */
const MOST = 8 * 1024 * 1024;

interface ImportDialogProps {
  hub: HubKey;
  onDone: (warnings: string[]) => void;
  onClose: () => void;
}

/** Takes rules in from a TOML text: all of them, or none where one is wrong. */
export function ImportDialog({ hub, onDone, onClose }: ImportDialogProps) {
  const alerting = useAlerting();
  const [toml, setToml] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const read = async (file: File | undefined) => {
    if (!file) return;
    if (file.size > MOST) setProblem(`${file.name} has ${file.size} bytes; at most ${MOST} are read.`);
    else {
      setProblem(null);
      setToml(await file.text());
    }
  };
  return (
    <Modal label="Import rules" onClose={onClose} testId="rules-import-dialog" className="w-[680px]">
      <form
        className="grid gap-3 p-5"
        onSubmit={(event) => {
          event.preventDefault();
          if (toml.trim() !== "" && !alerting.pending)
            void alerting.change(hub, { kind: "importRules", toml }).then((done) => {
              if (done) onDone(done.warnings);
            });
        }}
      >
        <h2 className="font-semibold text-lg">Import rules</h2>
        <p className="text-fg-2">
          A TOML text, as Export writes it. A rule whose id is there already is changed; if one is wrong, none
          is taken.
        </p>
        <input
          type="file"
          accept=".toml,text/plain"
          aria-label="File of rules"
          onChange={(event) => void read(event.target.files?.[0])}
        />
        <textarea
          className="field"
          rows={14}
          spellCheck={false}
          aria-label="Rules as TOML"
          data-testid="rules-toml"
          value={toml}
          onChange={(event) => setToml(event.target.value)}
        />
        {problem && (
          <p role="alert" className="text-serious">
            {problem}
          </p>
        )}
        <RequestFailure error={alerting.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            variant="primary"
            testId="rules-import-confirm"
            disabledReason={
              alerting.pending ? "Under way." : toml.trim() === "" ? "Choose a file, or paste a text." : null
            }
          >
            Import
          </Button>
        </div>
      </form>
    </Modal>
  );
}

/** The rules of a hub as TOML, to be copied. */
export function ExportDialog({ hub, onClose }: { hub: HubKey; onClose: () => void }) {
  const { answer, error } = useLatest("export_rules", { hub });
  return (
    <Modal label="Export rules" onClose={onClose} testId="rules-export-dialog" className="w-[680px]">
      <div className="grid gap-3 p-5">
        <h2 className="font-semibold text-lg">Export rules</h2>
        <p className="text-fg-2">
          Every rule of this hub as TOML. Keep it in a repository, or import it elsewhere.
        </p>
        <RequestFailure error={error} />
        <CodeText
          value={answer ?? ""}
          className="max-h-[46vh] min-h-40 select-text"
          testId="rules-export-text"
        />
        <div className="flex justify-end gap-2">
          {answer && (
            <CopyButton text={answer} label="Copy the rules" failure="Select the text to copy it">
              Copy
            </CopyButton>
          )}
          <Button onClick={onClose}>Close</Button>
        </div>
      </div>
    </Modal>
  );
}
