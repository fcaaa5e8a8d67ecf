import { type ChangeEvent, useState } from "react";
import { Button } from "../../components/Button";
import { Modal } from "../../components/Modal";
import { RequestFailure } from "../../components/Notice";
import { useRequest } from "../../platform/useView";

/** Asks for what is needed to follow a remote hub. */
export function AddHubForm({ onClose }: { onClose: () => void }) {
  const add = useRequest("add_hub");
  const [hub, setHub] = useState({ name: "", address: "", token: "" });
  const complete = hub.address.trim() !== "" && hub.token.trim() !== "";
  const change = (field: keyof typeof hub) => (event: ChangeEvent<HTMLInputElement>) =>
    setHub((before) => ({ ...before, [field]: event.target.value }));

  const send = async () => {
    const request = { name: hub.name.trim(), address: hub.address.trim(), token: hub.token.trim() };
    if ((await add.send({ request })) !== undefined) onClose();
  };

  return (
    <Modal label="Add a hub" onClose={onClose} testId="add-hub-dialog" className="w-[480px]">
      <form
        className="grid gap-4 p-5"
        onSubmit={(event) => {
          event.preventDefault();
          if (complete) void send();
        }}
      >
        <h2 className="font-semibold text-lg">Add a hub</h2>
        <label className="grid gap-1">
          <span className="text-sm">Address</span>
          <input
            // biome-ignore lint/a11y/noAutofocus: it was opened in order to type
            autoFocus
            className="field font-mono"
            placeholder="wss://host:7420"
            data-testid="add-hub-address"
            spellCheck={false}
            value={hub.address}
            onChange={change("address")}
          />
          <span className="text-fg-3 text-sm">wss:// for another machine; ws:// only for this one.</span>
        </label>
        <label className="grid gap-1">
          <span className="text-sm">Operator token</span>
          <input
            className="field font-mono"
            type="password"
            autoComplete="off"
            data-testid="add-hub-token"
            value={hub.token}
            onChange={change("token")}
          />
          <span className="text-fg-3 text-sm">
            One line, in the file operator.token among the hub's tokens.
          </span>
        </label>
        <label className="grid gap-1">
          <span className="text-sm">Name</span>
          <input
            className="field"
            placeholder="The hub's own name"
            data-testid="add-hub-name"
            value={hub.name}
            onChange={change("name")}
          />
        </label>
        <RequestFailure error={add.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            variant="primary"
            testId="add-hub-confirm"
            disabledReason={
              add.pending ? "Under way." : complete ? null : "An address and a token are needed."
            }
          >
            Add
          </Button>
        </div>
      </form>
    </Modal>
  );
}
