/** Draws a view again after what it read has changed: once a frame, however much changed. */
import { effect } from "@preact/signals-core";
import { render } from "lit-html";

export function draw(view: () => unknown, into: HTMLElement): void {
  let first = true;
  const stop = effect(() => {
    if (first) {
      first = false;
      render(view(), into);
    } else {
      // Nothing is read here, so the effect hears nothing until it is set up again.
      requestAnimationFrame(() => {
        stop();
        draw(view, into);
      });
    }
  });
}
