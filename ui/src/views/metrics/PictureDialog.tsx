import { type FormEvent, useEffect, useRef, useState } from "react";
import type { RequestError } from "../../bindings/RequestError";
import { useThemeName } from "../../charts/useThemeName";
import { Button } from "../../components/Button";
import { Modal } from "../../components/Modal";
import { Notice, RequestFailure } from "../../components/Notice";
import { Segmented } from "../../components/Segmented";
import { usePresent } from "../../format/useNow";
import { asRequestError } from "../../platform/platform";
import { usePlatform } from "../../platform/useView";
import { drawPicture, type PictureInput, type PictureSize, pictureSizes, pictureTitle } from "./picture";

/** Saves the charts of the page as a PNG. What is shown is what is saved. */
export function PictureDialog({ input, onClose }: { input: PictureInput; onClose: () => void }) {
  const platform = usePlatform();
  const present = usePresent();
  const theme = useThemeName();
  const canvas = useRef<HTMLCanvasElement>(null);
  /** The charts as they were when the dialog was opened: they go on beneath it. */
  const [drawn] = useState({ input, madeAt: present });
  const [size, setSize] = useState<PictureSize>("1920x1080");
  const [path, setPath] = useState("");
  const [isReady, setReady] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<RequestError | null>(null);
  /** A file that is there already. */
  const [taken, setTaken] = useState<string | null>(null);
  const [saved, setSaved] = useState<string | null>(null);

  useEffect(() => {
    let wanted = true;
    const stamp = new Date(drawn.input.stretch.to)
      .toISOString()
      .slice(0, 16)
      .replace("T", " ")
      .replace(":", "-");
    platform.request("chart_image_place", { name: `${pictureTitle(drawn.input.lines)} ${stamp}` }).then(
      (place) => wanted && setPath((typed) => typed || place),
      // A place can still be typed.
      () => undefined,
    );
    return () => {
      wanted = false;
    };
  }, [platform, drawn]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another theme paints it anew
  useEffect(() => {
    let wanted = true;
    setReady(false);
    setSaved(null);
    if (!canvas.current) return;
    drawPicture(canvas.current, drawn.input, size, drawn.madeAt).then(
      () => wanted && setReady(true),
      (caught) => wanted && setError(asRequestError(caught)),
    );
    return () => {
      wanted = false;
    };
  }, [drawn, size, theme]);

  const canReplace = taken !== null && taken === path;
  const save = async (event: FormEvent) => {
    event.preventDefault();
    const png = canvas.current?.toDataURL("image/png").split(",")[1];
    if (!png || !isReady || busy) return;
    setBusy(true);
    setError(null);
    setSaved(null);
    try {
      const place = await platform.request("save_chart_image", { path, png, replace: canReplace });
      setSaved(place);
      setTaken(place === null ? path : null);
    } catch (caught) {
      setError(asRequestError(caught));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal label="Save a picture" onClose={onClose} testId="picture-dialog" className="w-[760px]">
      <form onSubmit={(event) => void save(event)} className="grid gap-4 p-5">
        <header className="flex items-center justify-between gap-4">
          <h2 className="font-semibold text-lg">Save a picture</h2>
          <Segmented
            label="Size in pixels"
            testId="picture-size"
            value={size}
            options={pictureSizes}
            onChange={setSize}
          />
        </header>
        <canvas
          ref={canvas}
          aria-label={`Picture of ${pictureTitle(drawn.input.lines)}`}
          data-testid="picture"
          data-ready={isReady}
          className="aspect-video w-full rounded-md border border-line"
        />
        <label className="grid gap-1">
          <span className="text-fg-2">File</span>
          <input
            data-testid="picture-path"
            value={path}
            spellCheck={false}
            autoComplete="off"
            placeholder="/home/you/chart.png"
            onChange={(event) => {
              setPath(event.target.value);
              setError(null);
              setSaved(null);
            }}
            className="field font-mono text-sm"
          />
        </label>
        <RequestFailure error={error} />
        {canReplace && (
          <Notice status="caution" testId="picture-taken">
            There is such a file already. Replace it, or choose another name.
          </Notice>
        )}
        <footer className="flex items-center justify-end gap-2">
          {saved && (
            <p
              role="status"
              data-testid="picture-saved"
              className="mr-auto min-w-0 truncate text-fg-2"
              title={saved}
            >
              Saved as <bdi className="font-mono text-fg text-sm">{saved}</bdi>
            </p>
          )}
          <Button variant="quiet" onClick={onClose}>
            {saved ? "Close" : "Cancel"}
          </Button>
          <Button
            type="submit"
            variant={canReplace ? "danger" : "primary"}
            testId="picture-save"
            disabledReason={isReady ? (busy ? "Being written." : null) : "Being drawn."}
          >
            {canReplace ? "Replace it" : "Save"}
          </Button>
        </footer>
      </form>
    </Modal>
  );
}
