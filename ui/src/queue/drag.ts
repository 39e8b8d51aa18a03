/** Reordering by the pointer: a row is picked up, a line shows where it would land. */
import { signal } from "@preact/signals-core";
import type { UploadId } from "../bindings";
import { say } from "../app/toast";
import { t } from "../i18n";
import * as queue from "./state";
import { rowAt, topOf } from "./window";

const BEGIN_PX = 5;
const EDGE_PX = 32;

/** The row in the hand. */
export const dragged = signal<{ id: UploadId; shown: number } | null>(null);
/** Where it would land: before the row shown at `before`. */
export const target = signal<{ before: number; top: number } | null>(null);

export function startDrag(event: PointerEvent): void {
  if (event.button !== 0 || event.pointerType === "touch" || !(event.target instanceof Element) || event.target.closest("button, a, .error-card")) return;
  const element = event.target.closest(".upload-row");
  const grid = event.currentTarget as HTMLElement;
  const pane = grid.parentElement;
  if (!element || !pane) return;
  const shown = Number(element.getAttribute("aria-rowindex")) - 2;
  const row = queue.rowAtShown(shown);
  if (!row) return;
  const from = event.clientY;
  let y = from;
  let scrolling = 0;

  const place = () => {
    const top = grid.getBoundingClientRect().top;
    const g = queue.geometry.peek();
    const at = rowAt(Math.max(0, y - top), g);
    const before = y - top > topOf(at, g) + g.row / 2 ? at + 1 : at;
    target.value = { before, top: before < g.count ? topOf(before, g) : topOf(before - 1, g) + g.row };
  };
  const scroll = () => {
    const view = pane.getBoundingClientRect();
    const by = y < view.top + EDGE_PX ? -12 : y > view.bottom - EDGE_PX ? 12 : 0;
    if (by !== 0) {
      pane.scrollTop += by;
      place();
    }
    scrolling = requestAnimationFrame(scroll);
  };
  const moved = (next: PointerEvent) => {
    y = next.clientY;
    if (!dragged.peek()) {
      if (Math.abs(y - from) < BEGIN_PX) return;
      dragged.value = { id: row.id, shown };
      scrolling = requestAnimationFrame(scroll);
    }
    place();
  };
  const end = () => {
    cancelAnimationFrame(scrolling);
    removeEventListener("pointermove", moved);
    removeEventListener("pointerup", dropped);
    removeEventListener("pointercancel", end);
    removeEventListener("keydown", escape, true);
    dragged.value = null;
    target.value = null;
  };
  const dropped = () => {
    const held = dragged.peek();
    const to = target.peek();
    end();
    if (!held || !to || to.before === shown || to.before === shown + 1) return;
    // The click that ends a drag is not a click on a row.
    const swallow = (click: Event) => click.stopPropagation();
    addEventListener("click", swallow, { capture: true, once: true });
    setTimeout(() => removeEventListener("click", swallow, { capture: true }));
    if (!queue.isWhole.peek()) {
      say({ text: t().toast.notHere });
      return;
    }
    const above = to.before > 0 ? queue.rowAtShown(to.before - 1) : null;
    const below = queue.rowAtShown(to.before);
    if (below) void queue.move(held.id, { to: "before", other: below.id });
    else if (above) void queue.move(held.id, { to: "after", other: above.id });
  };
  const escape = (key: KeyboardEvent) => {
    if (key.key !== "Escape") return;
    key.stopPropagation();
    end();
  };
  addEventListener("pointermove", moved);
  addEventListener("pointerup", dropped);
  addEventListener("pointercancel", end);
  addEventListener("keydown", escape, true);
}
