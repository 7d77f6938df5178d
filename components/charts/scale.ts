/** Values of the grid lines from zero to at least `most`: three to seven round steps; only whole numbers where asked. */
export function valueTicks(most: number, whole = false): number[] {
  if (!(most > 0)) return whole ? [0, 1] : [0, 0.5, 1];
  const power = 10 ** Math.floor(Math.log10(most));
  const steps = [0.1, 0.2, 0.25, 0.5, 1, 2, 2.5, 5].map((factor) => factor * power);
  const fits = steps.find((step) => Math.ceil(most / step - 1e-9) <= 5 && (!whole || Number.isInteger(step)));
  const step = fits ?? (whole ? Math.max(1, Math.ceil(most / 5)) : power);
  const count = Math.ceil(most / step - 1e-9);
  return Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(12)));
}

const byteSteps = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];

/** Like `valueTicks`, in steps that read well as bytes. */
export function byteTicks(most: number): number[] {
  if (!(most > 0)) return [0, 1024];
  let unit = 1;
  while (most / unit >= 1024) unit *= 1024;
  for (const scale of [unit / 1024, unit])
    for (const step of byteSteps) {
      const count = Math.ceil(most / (step * scale) - 1e-9);
      if (count <= 5 && step * scale >= 1) return Array.from({ length: count + 1 }, (_, index) => index * step * scale);
    }
  return [0, most];
}
