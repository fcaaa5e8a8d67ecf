/** Bars of a distribution. */
export function Histogram({ bars, label }: { bars: readonly number[]; label: string }) {
  const highest = Math.max(...bars, 1);
  return (
    <svg
      className="histogram"
      viewBox={`0 0 ${bars.length * 10} 56`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      {bars.map((count, index) => {
        // What is there at all is seen.
        const height = count > 0 ? Math.max((count / highest) * 54, 1.5) : 0;
        // biome-ignore lint/suspicious/noArrayIndexKey: a bar is its place
        return <rect key={index} x={index * 10 + 1} y={56 - height} width={8} height={height} />;
      })}
    </svg>
  );
}
