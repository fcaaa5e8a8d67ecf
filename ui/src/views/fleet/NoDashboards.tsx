import type { HubChip } from "../../bindings/HubChip";
import { Button } from "../../components/Button";
import { CopyText } from "../../components/CopyText";
import { EmptyState } from "../../components/EmptyState";
import { plainLine } from "../../format/plainText";
import { navigate } from "../../navigation/useRoute";
import { useView } from "../../platform/useView";

/** What stands where the fleet will be: how a dashboard joins, or that the hub has yet to be reached. */
export function NoDashboards({ hubs }: { hubs: HubChip[] }) {
  const { model: settings } = useView<"settings">({ view: "settings" });
  const arriving = hubs.find(
    (hub) => hub.connection.state === "connecting" || hub.connection.state === "catchingUp",
  );
  if (arriving) {
    return (
      <EmptyState
        title={`Connecting to ${plainLine(arriving.name)}`}
        status="standby"
        testId="fleet-connecting"
      >
        <p>
          {arriving.connection.state === "catchingUp"
            ? `Fetching what was missed: ${Math.floor(arriving.connection.progress * 100)} % done.`
            : "Its dashboards appear here as soon as it answers."}
        </p>
      </EmptyState>
    );
  }
  const embedded = settings?.hubs.find((hub) => hub.chip.embedded);
  return (
    <EmptyState title="No dashboard has registered yet" status="standby" testId="fleet-empty">
      <p>
        A dashboard joins by connecting to a hub with that hub's token. It appears here the moment it
        registers.
      </p>
      <Button
        variant="primary"
        testId="connect-dashboard"
        onClick={() => navigate({ view: "connect", hub: null })}
      >
        Connect a dashboard…
      </Button>
      {embedded && (
        <dl className="grid w-full gap-2 text-left">
          <dt className="caps">Address</dt>
          <dd>
            <CopyText text={`${embedded.address}/v1/dashboard`} label="Copy the address" />
          </dd>
          {embedded.tokenFile && (
            <>
              <dt className="caps mt-1">Token file</dt>
              <dd>
                <CopyText text={embedded.tokenFile} label="Copy the path of the token file" />
              </dd>
            </>
          )}
        </dl>
      )}
    </EmptyState>
  );
}
