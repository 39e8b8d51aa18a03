/** Draws a view again after what it read has changed: once a frame, however much changed. */
import { effect } from "@preact/signals-core";
import { render } from "lit-html";

export function draw(view: () => unknown, into: HTMLElement, after: () => void): void {
  let first = true;
  const stop = effect(() => {
    if (first) {
      first = false;
      render(view(), into);
      queueMicrotask(after); // out of the effect: it may change what was read
    } else {
      // Nothing is read here, so the effect hears nothing until it is set up again.
      requestAnimationFrame(() => {
        stop();
        draw(view, into, after);
      });
    }
  });
}

/** When what changed before has been drawn. */
export const drawn = () => new Promise<void>((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())));
