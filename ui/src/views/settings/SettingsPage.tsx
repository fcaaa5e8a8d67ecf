import type { SettingsView } from "../../bindings/SettingsView";
import { CopyText } from "../../components/CopyText";
import { FailedState, LoadingState } from "../../components/EmptyState";
import { plainLine } from "../../format/plainText";
import { useView } from "../../platform/useView";
import { HubSettings } from "./HubSettings";
import { NotificationPolicy } from "./NotificationPolicy";
import { NotificationSettings } from "./NotificationSettings";
import { PreferenceSettings } from "./PreferenceSettings";

export function SettingsPage() {
  const { model, error } = useView<"settings">({ view: "settings" });
  return (
    <main className="min-h-0 flex-1 overflow-y-auto px-5 pt-4 pb-10">
      <div className="max-w-[920px] min-[1560px]:max-w-[1800px]">
        <div className="flex items-baseline justify-between pb-4">
          <h1 className="text-xl font-[620] tracking-[-.015em]">Settings</h1>
          <a href="#/storage" data-testid="open-storage" className="text-accent hover:underline">
            Storage: size, what is kept, backup
          </a>
        </div>
        {error && !model ? (
          <FailedState what="the settings" error={error} />
        ) : model ? (
          <Sections model={model} />
        ) : (
          <LoadingState what="the settings" />
        )}
      </div>
    </main>
  );
}

function Sections({ model }: { model: SettingsView }) {
  return (
    <div className="grid items-start gap-8 min-[1560px]:grid-cols-2" data-testid="settings-sections">
      <div className="grid gap-8">
        <HubSettings hubs={model.hubs} />
        <PreferenceSettings preferences={model.preferences} />
      </div>
      <div className="grid gap-8">
        <NotificationSettings preferences={model.preferences} service={model.notifications} />
        <NotificationPolicy policy={model.notificationPolicy} />
        <section aria-labelledby="about-title">
          <h2 id="about-title" className="caps pb-2">
            About
          </h2>
          <div className="panel grid gap-3 p-4">
            <p>
              Mission Control <span className="text-fg-2">{plainLine(model.about.version)}</span>
            </p>
            <div className="grid gap-1">
              <span className="text-fg-2 text-sm">Data directory</span>
              <CopyText text={model.about.dataDirectory} label="Copy the path of the data directory" />
            </div>
          </div>
        </section>
      </div>
    </div>
  );
}
