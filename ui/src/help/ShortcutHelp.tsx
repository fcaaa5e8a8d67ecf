import { Button } from "../components/Button";
import { Modal } from "../components/Modal";

const groups: ReadonlyArray<[title: string, keys: ReadonlyArray<[keys: string, meaning: string]>]> = [
  [
    "Everywhere",
    [
      ["Ctrl K", "Command palette"],
      ["1 … 6", "Fleet, Alerts, Events, Metrics, Commands, Settings"],
      ["/", "Filter"],
      ["?", "This page"],
      ["Esc", "Close, or leave a field"],
    ],
  ],
  [
    "Time conductor",
    [
      ["t", "Show or hide it"],
      ["p", "Play or pause; from Live: stop here"],
      [", .", "Previous, next alert"],
      ["< >", "Previous, next change of state"],
      ["{ }", "Choose a span that begins, ends here"],
      ["l", "Back to Live"],
    ],
  ],
  [
    "Fleet",
    [
      ["j k", "Next, previous dashboard"],
      ["J K", "The same, selecting on the way"],
      ["Space", "Select or deselect"],
      ["Enter", "Open"],
      ["v", "Cards or table"],
      ["c", "Send a command to what is selected"],
    ],
  ],
  [
    "Dashboard",
    [
      ["[ ]", "Previous, next section"],
      ["c", "Send a command"],
      ["Backspace", "Back to the fleet"],
    ],
  ],
  [
    "Alerts",
    [
      ["j k", "Next, previous alert"],
      ["a A", "Acknowledge; with a note"],
      ["s", "Silence it and what is like it"],
      ["z", "Put on the shelf"],
      ["n", "Add a note"],
      ["u", "Assign"],
      ["r o", "Resolve, reopen"],
      ["x", "Select; a acknowledges all selected"],
      ["Enter", "Open; Esc goes back"],
      ["d", "Open its dashboard"],
    ],
  ],
  [
    "Events",
    [
      ["j k", "Next, previous record"],
      ["f", "Follow what comes"],
      ["g", "Back to the newest"],
      ["Esc", "Close the record"],
    ],
  ],
  [
    "Metrics",
    [
      ["z", "Back to the span before"],
      ["Z", "Back to the whole span"],
      ["s", "Save a picture"],
    ],
  ],
];

export function ShortcutHelp({ onClose }: { onClose: () => void }) {
  return (
    <Modal label="Keyboard" onClose={onClose} testId="help" className="w-[720px]">
      <div className="flex items-center justify-between border-b border-line px-5 py-3">
        <h2 className="font-semibold text-lg">Keyboard</h2>
        <Button variant="quiet" onClick={onClose}>
          Close
        </Button>
      </div>
      <div className="grid grid-cols-2 gap-x-10 gap-y-5 px-5 py-4">
        {groups.map(([title, keys]) => (
          <section key={title}>
            <h3 className="caps pb-1.5">{title}</h3>
            <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1">
              {keys.map(([key, meaning]) => (
                <div key={key} className="contents">
                  <dt className="flex items-start gap-1 pt-px">
                    {(key === "Ctrl K" ? [key] : key.split(" ")).map((one) => (
                      <kbd key={one} className="kbd">
                        {one}
                      </kbd>
                    ))}
                  </dt>
                  <dd className="text-right text-fg-2">{meaning}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Modal>
  );
}
