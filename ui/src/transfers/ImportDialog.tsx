import { useState } from "react";
import { Button } from "../components/Button";
import { Modal } from "../components/Modal";
import { RequestFailure } from "../components/Notice";
import { navigate } from "../navigation/useRoute";
import { useRequest, useView } from "../platform/useView";
import { TransferItem } from "./TransferItem";

/** Asks for an archive, and takes it in. */
export function ImportDialog({ onClose }: { onClose: () => void }) {
  const { model } = useView<"transfers">({ view: "transfers" });
  const begin = useRequest("import_archive");
  const [path, setPath] = useState("");
  const [begun, setBegun] = useState<number | null>(null);
  const transfer = model?.transfers.find((one) => one.id === begun) ?? null;
  const isOver = transfer !== null && transfer.state.state !== "running";

  const send = async () => {
    const id = await begin.send({ path: path.trim() });
    if (id !== undefined) setBegun(id);
  };

  return (
    <Modal label="Import an archive" onClose={onClose} testId="import-dialog" className="w-[560px]">
      <form
        className="grid gap-4 p-5"
        onSubmit={(event) => {
          event.preventDefault();
          if (path.trim() !== "" && begun === null) void send();
        }}
      >
        <h2 className="font-semibold text-lg">Import an archive</h2>
        {begun === null ? (
          <>
            <p className="text-fg-2">
              A file that ends in .mcarchive holds part of a hub's record. It is checked, copied into this
              program, and shown beside the hubs: every view, search and the time conductor work on it. It is
              never connected, and nothing can be sent to it.
            </p>
            <label className="grid gap-1">
              <span className="text-sm">File</span>
              <input
                // biome-ignore lint/a11y/noAutofocus: it was opened in order to type
                autoFocus
                className="field font-mono"
                placeholder="/home/…/incident.mcarchive"
                data-testid="import-path"
                spellCheck={false}
                value={path}
                onChange={(event) => setPath(event.target.value)}
              />
            </label>
            <RequestFailure error={begin.error} />
            <div className="flex justify-end gap-2">
              <Button onClick={onClose}>Cancel</Button>
              <Button
                type="submit"
                variant="primary"
                testId="import-confirm"
                disabledReason={
                  begin.pending ? "Under way." : path.trim() === "" ? "Write the path of the file." : null
                }
              >
                Import
              </Button>
            </div>
          </>
        ) : (
          <>
            {transfer && <TransferItem transfer={transfer} />}
            <div className="flex justify-end gap-2">
              {transfer?.state.state === "done" && (
                <Button
                  testId="import-show"
                  onClick={() => {
                    onClose();
                    navigate({ view: "fleet" });
                  }}
                >
                  Show the fleet
                </Button>
              )}
              <Button variant={isOver ? "primary" : "normal"} testId="import-close" onClick={onClose}>
                {isOver ? "Close" : "Close, and go on"}
              </Button>
            </div>
          </>
        )}
      </form>
    </Modal>
  );
}
