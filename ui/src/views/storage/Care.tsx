import { type ReactNode, useState } from "react";
import type { RequestError } from "../../bindings/RequestError";
import type { StorageHealth } from "../../bindings/StorageHealth";
import type { StorageTask } from "../../bindings/StorageTask";
import { Button } from "../../components/Button";
import { Modal } from "../../components/Modal";
import { Age } from "../../components/Moment";
import { Notice, RequestFailure } from "../../components/Notice";
import { ProgressBar } from "../../components/ProgressBar";
import { StatusIcon } from "../../components/StatusIcon";
import { formatBytes } from "../../format/numbers";
import { plainLine } from "../../format/plainText";
import { useRequest } from "../../platform/useView";
import type { Storage } from "./useStorage";

/** Checking, backing up, restoring and rebuilding a log. */
export function Care({ health, storage }: { health: StorageHealth; storage: Storage }) {
  const { work, refresh } = storage;
  const start = useRequest("start_storage_work");
  const cancel = useRequest("cancel_storage_work");
  const forget = useRequest("forget_restore");
  const [asking, setAsking] = useState<"backup" | "restore" | "rebuild" | null>(null);
  const busy = work?.state === "running" ? "Other work on a log is under way." : null;
  const begin = async (task: StorageTask) => {
    if ((await start.send({ hub: health.hub, task })) !== undefined) {
      setAsking(null);
      refresh();
    }
  };
  const unreadable = health.numbers ? null : "The log cannot be read.";

  return (
    <section aria-labelledby="care-title">
      <h2 id="care-title" className="caps pb-2">
        Check, backup and restore
      </h2>
      <div className="panel grid gap-3 p-4">
        <Line
          title="Last check"
          action={
            <Button
              testId="storage-check"
              disabledReason={busy ?? unreadable}
              onClick={() => void begin({ kind: "check" })}
            >
              Check now
            </Button>
          }
        >
          {health.lastCheck ? (
            <span data-testid="last-check" data-status={health.lastCheck.status} className="grid gap-0.5">
              <span className="flex items-start gap-1.5">
                <StatusIcon status={health.lastCheck.status} className="mt-1" />
                <span>
                  {plainLine(health.lastCheck.lines[0] ?? "")} <Age at={health.lastCheck.at} />
                </span>
              </span>
              {health.lastCheck.lines.slice(1).map((line) => (
                <span key={line} className="pl-5 text-fg-2">
                  {plainLine(line)}
                </span>
              ))}
            </span>
          ) : (
            <span className="text-fg-2">Never. A check reads everything, while recording goes on.</span>
          )}
        </Line>
        <Line
          title="Last backup"
          action={
            <Button
              testId="storage-backup"
              disabledReason={busy ?? unreadable}
              onClick={() => setAsking("backup")}
            >
              Back up…
            </Button>
          }
        >
          {health.lastBackup ? (
            <span data-testid="last-backup" className="block min-w-0">
              {formatBytes(health.lastBackup.bytes)} <Age at={health.lastBackup.at} />
              <span className="block truncate font-mono text-fg-3 text-sm" title={health.lastBackup.file}>
                {health.lastBackup.file}
              </span>
            </span>
          ) : (
            <span className="text-fg-2">Never.</span>
          )}
        </Line>
        {health.role === "own" && (
          <Line
            title="Restore"
            action={
              <Button testId="storage-restore" disabledReason={busy} onClick={() => setAsking("restore")}>
                Restore…
              </Button>
            }
          >
            <span className="text-fg-2">Puts a backup in this log's place when the program starts next.</span>
          </Line>
        )}
        {health.role === "copy" && (
          <Line
            title="Rebuild"
            action={
              <Button testId="storage-rebuild" disabledReason={busy} onClick={() => setAsking("rebuild")}>
                Rebuild…
              </Button>
            }
          >
            <span className="text-fg-2">Sets this copy aside and fetches everything from the hub again.</span>
          </Line>
        )}
        {health.restoreWaiting && (
          <Notice
            status="caution"
            testId="restore-waiting"
            action={
              <Button
                testId="forget-restore"
                disabledReason={forget.pending ? "Under way." : null}
                onClick={() => void forget.send({}).then(refresh)}
              >
                Give up
              </Button>
            }
          >
            A backup waits to take this log's place. Close Mission Control and start it again.
          </Notice>
        )}
        {work && (
          <div
            className="grid gap-1.5 border-line border-t pt-3"
            data-testid="storage-work"
            data-state={work.state}
          >
            {work.state === "running" ? (
              <>
                <div className="flex items-center justify-between gap-3">
                  <span>
                    {work.title} · {Math.floor(work.progress * 100)} %
                  </span>
                  <Button
                    testId="cancel-storage-work"
                    disabledReason={cancel.pending ? "Under way." : null}
                    onClick={() => void cancel.send({})}
                  >
                    Cancel
                  </Button>
                </div>
                <ProgressBar part={work.progress} label={work.title} />
              </>
            ) : (
              <Notice
                status={work.state === "failed" ? "serious" : work.state === "done" ? "normal" : "standby"}
              >
                {work.title}: {plainLine(work.outcome)}
              </Notice>
            )}
          </div>
        )}
        {asking === null && <RequestFailure error={start.error ?? cancel.error ?? forget.error} />}
      </div>
      {asking === "backup" && (
        <FileDialog
          label="Back up this log"
          text="Copies the log as it is now to one file, and reads the file again. Recording goes on meanwhile."
          value={health.suggestedBackup}
          confirm="Back up"
          error={start.error}
          onConfirm={(file) => void begin({ kind: "backup", file })}
          onClose={() => setAsking(null)}
        />
      )}
      {asking === "restore" && (
        <FileDialog
          label="Restore from a backup"
          text="The backup is read and checked now, and takes this log's place when Mission Control starts next. The present log is kept beside it. Consoles that follow this hub copy it anew; what came after the backup is only in the file that is kept."
          value={health.lastBackup?.file ?? ""}
          confirm="Restore at next start"
          error={start.error}
          onConfirm={(file) => void begin({ kind: "restore", file })}
          onClose={() => setAsking(null)}
        />
      )}
      {asking === "rebuild" && <RebuildDialog health={health} onClose={() => setAsking(null)} />}
    </section>
  );
}

function Line({ title, action, children }: { title: string; action: ReactNode; children: ReactNode }) {
  return (
    <div className="grid grid-cols-[90px_minmax(0,1fr)_100px] items-baseline gap-3">
      <span className="text-fg-3">{title}</span>
      <div className="min-w-0">{children}</div>
      <div className="grid">{action}</div>
    </div>
  );
}

interface FileDialogProps {
  label: string;
  text: string;
  value: string;
  confirm: string;
  error: RequestError | null;
  onConfirm: (file: string) => void;
  onClose: () => void;
}

function FileDialog({ label, text, value, confirm, error, onConfirm, onClose }: FileDialogProps) {
  const [file, setFile] = useState(value);
  return (
    <Modal label={label} onClose={onClose} testId="storage-file-dialog" className="w-[640px]">
      <form
        className="grid gap-3 p-5"
        onSubmit={(event) => {
          event.preventDefault();
          if (file.trim()) onConfirm(file.trim());
        }}
      >
        <h2 className="font-semibold text-lg">{label}</h2>
        <p className="text-fg-2">{text}</p>
        <label className="grid gap-1">
          <span className="text-sm">File</span>
          <input
            className="field font-mono"
            data-testid="storage-file"
            spellCheck={false}
            value={file}
            onChange={(event) => setFile(event.target.value)}
          />
        </label>
        <RequestFailure error={error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            variant="primary"
            testId="storage-file-confirm"
            disabledReason={file.trim() ? null : "Name a file."}
          >
            {confirm}
          </Button>
        </div>
      </form>
    </Modal>
  );
}

function RebuildDialog({ health, onClose }: { health: StorageHealth; onClose: () => void }) {
  const rebuild = useRequest("rebuild_cache");
  const confirm = async () => {
    if ((await rebuild.send({ hub: health.hub })) !== undefined) onClose();
  };
  return (
    <Modal label="Rebuild the copy" onClose={onClose} testId="rebuild-dialog" className="w-[440px]">
      <div className="grid gap-3 p-5">
        <h2 className="font-semibold text-lg">Rebuild the copy of {plainLine(health.name)}?</h2>
        <p className="text-fg-2">
          The present copy is kept under another name, and everything the hub still has is fetched again. What
          the hub no longer has is then only in the file that is kept.
        </p>
        <RequestFailure error={rebuild.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button
            variant="danger"
            testId="rebuild-confirm"
            disabledReason={rebuild.pending ? "Under way." : null}
            onClick={() => void confirm()}
          >
            Rebuild
          </Button>
        </div>
      </div>
    </Modal>
  );
}
