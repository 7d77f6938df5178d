'use client';

import { type KeyboardEvent, type PointerEvent, type RefObject, useEffect, useRef } from 'react';

/** Where the plot is within its frame, in px. */
export type PlotArea = { left: number; right: number; top: number; bottom: number };

/** From how many px on a movement is a drag and no click. */
const dragFrom = 6;

type Drag = { pointer: number; start: number; end: number; dragging: boolean };

/**
 * Pointer and keyboard on a plot: a drag chooses a span of time (Escape gives it up), a click or Enter a moment. A finger
 * that moves up or down scrolls the page as everywhere.
 */
export function useGestures({
  frame,
  band,
  area,
  timeAt,
  onSpan,
  onMoment,
  pointed,
}: {
  frame: RefObject<HTMLElement | null>;
  /** What shows the span while it is drawn. */
  band: RefObject<HTMLElement | null>;
  area: PlotArea;
  /** The time at so many px from the left of the frame. */
  timeAt: (x: number) => number;
  onSpan: (a: number, b: number) => void;
  onMoment: (at: number) => void;
  /** The time that the cursor stands at by keyboard. */
  pointed: () => number | undefined;
}) {
  const drag = useRef<Drag>(undefined);
  const inside = (x: number) => Math.max(area.left, Math.min(area.right, x));

  const show = (now: Drag | undefined) => {
    const shown = now?.dragging === true;
    frame.current?.toggleAttribute('data-dragging', shown);
    if (!band.current) return;
    band.current.hidden = !shown;
    if (!now || !shown) return;
    band.current.style.left = `${Math.min(now.start, now.end)}px`;
    band.current.style.width = `${Math.abs(now.end - now.start)}px`;
  };
  const stop = () => {
    drag.current = undefined;
    show(undefined);
  };

  // Before all others: Escape that gives up a drag does nothing else.
  const stopRef = useRef(stop);
  stopRef.current = stop;
  useEffect(() => {
    const onKeyDown = (event: globalThis.KeyboardEvent) => {
      if (event.key !== 'Escape' || !drag.current) return;
      event.preventDefault();
      event.stopPropagation();
      stopRef.current();
    };
    addEventListener('keydown', onKeyDown, true);
    return () => removeEventListener('keydown', onKeyDown, true);
  }, []);

  const at = (event: PointerEvent) => {
    const box = frame.current?.getBoundingClientRect();
    return { x: event.clientX - (box?.left ?? 0), y: event.clientY - (box?.top ?? 0) };
  };

  return {
    onPointerDown: (event: PointerEvent) => {
      const { x, y } = at(event);
      const onPlot = x >= area.left && x <= area.right && y >= area.top && y <= area.bottom;
      if (event.button !== 0 || !event.isPrimary || !onPlot || (event.target as Element).closest('button')) return;
      drag.current = { pointer: event.pointerId, start: x, end: x, dragging: false };
    },
    onPointerMove: (event: PointerEvent) => {
      const now = drag.current;
      if (!now || event.pointerId !== now.pointer) return;
      now.end = inside(at(event).x);
      if (!now.dragging && Math.abs(now.end - now.start) >= dragFrom) {
        now.dragging = true;
        frame.current?.setPointerCapture(event.pointerId);
      }
      show(now);
    },
    onPointerUp: (event: PointerEvent) => {
      const now = drag.current;
      if (!now || event.pointerId !== now.pointer) return;
      stop();
      if (now.dragging) onSpan(timeAt(now.start), timeAt(now.end));
      else onMoment(timeAt(now.start));
    },
    onPointerCancel: stop,
    onKeyDown: (event: KeyboardEvent) => {
      const moment = pointed();
      if (event.key !== 'Enter' || moment === undefined || (event.target as Element).closest('button')) return;
      event.preventDefault();
      onMoment(moment);
    },
  };
}
