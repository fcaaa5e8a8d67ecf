/** Part done, 0 to 1; `null` where it is not known. */
export function ProgressBar({ part, label }: { part: number | null; label: string }) {
  const percent = part === null ? null : Math.round(Math.min(Math.max(part, 0), 1) * 100);
  return (
    <div
      className="bar"
      role="progressbar"
      aria-label={label}
      data-unknown={percent === null}
      {...(percent !== null && { "aria-valuenow": percent, "aria-valuemin": 0, "aria-valuemax": 100 })}
    >
      <i style={percent === null ? undefined : { width: `${percent}%` }} />
    </div>
  );
}
