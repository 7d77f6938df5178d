/**
 * Keeps in CSS which part of the frame can be seen: `--seen-top` and `--seen-height`. A frame as high as its page is not
 * scrolled itself, so that a dialog in the middle of it may be far from what the reader sees.
 */
export function seeVisible(root: HTMLElement): () => void {
  const { style } = document.documentElement;
  const observer = new IntersectionObserver(
    ([entry]) => {
      if (!entry?.isIntersecting) return;
      const { top, height } = entry.intersectionRect;
      style.setProperty('--seen-top', `${Math.max(0, Math.round(top))}px`);
      style.setProperty('--seen-height', `${Math.round(height)}px`);
    },
    { threshold: Array.from({ length: 101 }, (_, n) => n / 100) },
  );
  observer.observe(root);
  return () => observer.disconnect();
}
