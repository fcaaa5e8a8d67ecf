import { createContext, useCallback, useContext, useEffect, useRef, useState } from "react";
import type { RequestError } from "../bindings/RequestError";
import type { ViewRequest } from "../bindings/ViewRequest";
import {
  asRequestError,
  type ModelOf,
  type Platform,
  type RequestName,
  type Requests,
  type ViewName,
} from "./platform";
import { shareStructure } from "./structuralSharing";

const PlatformContext = createContext<Platform | null>(null);

export const PlatformProvider = PlatformContext.Provider;

export function usePlatform(): Platform {
  const platform = useContext(PlatformContext);
  if (!platform) throw new Error("a component that talks to the platform stands outside PlatformProvider");
  return platform;
}

interface Followed<M> extends FollowedView<M> {
  identity: string | null;
}

export interface FollowedView<M> {
  /** The newest model; null until the first has come. */
  model: M | null;
  /** Why the view cannot be followed. */
  error: RequestError | null;
}

/** What must stay the same for the model of one request to stand in for the next until that one's first has come. */
function identityOf(request: ViewRequest): string {
  switch (request.view) {
    case "dashboard":
      return `dashboard ${request.dashboard.hub} ${request.dashboard.dashboardId}`;
    // What arrived with one token has not arrived with the next.
    case "connect":
      return `connect ${request.hub} ${request.token}`;
    case "alert":
      return `alert ${request.alertId}`;
    default:
      return request.view;
  }
}

/** Follows a view for as long as the component is mounted; with null, nothing is followed. */
export function useView<V extends ViewName>(
  request: Extract<ViewRequest, { view: V }> | null,
): FollowedView<ModelOf<V>> {
  const platform = usePlatform();
  const [state, setState] = useState<Followed<ModelOf<V>>>({
    identity: null,
    model: null,
    error: null,
  });
  const text = request && JSON.stringify(request);
  const identity = request && identityOf(request);

  useEffect(() => {
    if (text === null || identity === null) return;
    const wanted = JSON.parse(text) as ViewRequest;
    return platform.subscribe(
      wanted,
      (pushed) => {
        if (pushed.view !== wanted.view) return;
        setState((current) => {
          const base: unknown = current.identity === identity ? current.model : null;
          const model: unknown = shareStructure(base, pushed.model);
          if (base === model && !current.error) return current;
          return { identity, model, error: null } as Followed<ModelOf<V>>;
        });
      },
      (error) =>
        setState((current) => ({
          identity,
          model: current.identity === identity ? current.model : null,
          error,
        })),
    );
  }, [platform, text, identity]);

  return state.identity === identity ? state : { model: null, error: null };
}

export interface RequestState<N extends RequestName> {
  /** Makes the request; resolves to its result, or to undefined when it failed (then `error` says why). */
  send: (args: Requests[N]["args"]) => Promise<Requests[N]["result"] | undefined>;
  pending: boolean;
  error: RequestError | null;
  clearError: () => void;
}

/** One kind of request, with its state for the component that makes it. */
export function useRequest<N extends RequestName>(name: N): RequestState<N> {
  const platform = usePlatform();
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<RequestError | null>(null);
  const mounted = useRef(true);
  useEffect(() => {
    mounted.current = true;
    return () => {
      mounted.current = false;
    };
  }, []);

  const send = useCallback(
    async (args: Requests[N]["args"]) => {
      setPending(true);
      setError(null);
      try {
        return await platform.request(name, args);
      } catch (caught) {
        if (mounted.current) setError(asRequestError(caught));
        return undefined;
      } finally {
        if (mounted.current) setPending(false);
      }
    },
    [platform, name],
  );
  const clearError = useCallback(() => setError(null), []);
  return { send, pending, error, clearError };
}
