import { Channel, invoke } from "@tauri-apps/api/core";
import type { Navigation } from "../bindings/Navigation";
import type { ViewModel } from "../bindings/ViewModel";
import { asRequestError, type Platform } from "./platform";

/** The desktop shell. */
export const tauriPlatform: Platform = {
  subscribe(request, onModel, onError) {
    let open = true;
    let subscription: number | null = null;
    const close = (id: number) => {
      // The shell may be shutting down; there is then nothing left to close.
      invoke("unsubscribe", { subscription: id }).catch(() => undefined);
    };
    const channel = new Channel<ViewModel>((model) => {
      if (open) onModel(model);
    });
    invoke<number>("subscribe", { request, channel }).then(
      (id) => {
        if (open) subscription = id;
        else close(id);
      },
      (error: unknown) => {
        if (open) onError(asRequestError(error));
      },
    );
    return () => {
      open = false;
      if (subscription !== null) close(subscription);
    };
  },

  async request(name, args) {
    try {
      return await invoke(name, args);
    } catch (error) {
      throw asRequestError(error);
    }
  },

  onNavigation(callback) {
    let open = true;
    const channel = new Channel<Navigation>((navigation) => {
      if (open) callback(navigation);
    });
    invoke("subscribe_navigation", { channel }).catch((error: unknown) => {
      console.error("The shell does not report navigation.", asRequestError(error).message);
    });
    return () => {
      open = false;
    };
  },
};
