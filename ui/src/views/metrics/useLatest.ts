import { useEffect, useState } from "react";
import type { RequestError } from "../../bindings/RequestError";
import { asRequestError, type RequestName, type Requests } from "../../platform/platform";
import { usePlatform } from "../../platform/useView";

export interface Answer<T> {
  /** The last answer; it stays until there is another. */
  answer: T | null;
  loading: boolean;
  error: RequestError | null;
}

/** Asks whenever what is asked changes; nothing is asked with null. An answer to what is asked no more is thrown away. */
export function useLatest<N extends RequestName>(
  name: N,
  args: Requests[N]["args"] | null,
): Answer<Requests[N]["result"]> {
  const platform = usePlatform();
  const [state, setState] = useState<Answer<Requests[N]["result"]>>({
    answer: null,
    loading: false,
    error: null,
  });
  const key = args && JSON.stringify(args);

  useEffect(() => {
    if (key === null) {
      setState({ answer: null, loading: false, error: null });
      return;
    }
    let wanted = true;
    setState((current) => ({ ...current, loading: true }));
    platform.request(name, JSON.parse(key) as Requests[N]["args"]).then(
      (answer) => wanted && setState({ answer, loading: false, error: null }),
      (caught) => {
        const error = asRequestError(caught);
        if (wanted && error.code !== "superseded")
          setState((current) => ({ ...current, loading: false, error }));
      },
    );
    return () => {
      wanted = false;
    };
  }, [platform, name, key]);

  return state;
}
