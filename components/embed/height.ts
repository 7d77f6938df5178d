const least = 200;
const most = 20_000;
const step = 4;
const mostPerSecond = 30;

type Timing = Pick<Window, 'requestAnimationFrame' | 'cancelAnimationFrame'> & {
  ResizeObserver: typeof ResizeObserver;
  performance: Pick<Performance, 'now'>;
};

/**
 * Tells how high an element is whenever that changes by 4 px or more, at most once a painted picture. More than 30 times
 * within a second is a loop (the height of the frame makes the page higher): then it says nothing any more.
 */
export function tellHeight(element: Element, tell: (px: number) => void, timing: Timing = window): () => void {
  let told = 0;
  let asked: number | undefined;
  let times: number[] = [];
  const stop = () => {
    observer.disconnect();
    if (asked !== undefined) timing.cancelAnimationFrame(asked);
  };
  const measure = () => {
    asked = undefined;
    const px = Math.min(most, Math.max(least, Math.ceil(element.getBoundingClientRect().height)));
    if (Math.abs(px - told) < step) return;
    const now = timing.performance.now();
    times = [...times.filter((at) => now - at < 1000), now];
    if (times.length > mostPerSecond) return stop();
    told = px;
    tell(px);
  };
  const observer = new timing.ResizeObserver(() => {
    asked ??= timing.requestAnimationFrame(measure);
  });
  observer.observe(element);
  return stop;
}
