/** Keys of the queue, while the grid has the focus. */
import { perform, rowMenu } from "./acts";
import { t } from "../i18n";
import { hasCard, isFinal } from "./face";
import * as queue from "./state";

const isMac = /Mac/.test(navigator.platform);
/** ⌘ stands for Ctrl on macOS. */
export const isCommand = (event: KeyboardEvent) => (isMac ? event.metaKey : event.ctrlKey);

function pageRows(): number {
  return Math.max(1, Math.floor(queue.viewPx.peek() / queue.rowPx.peek()) - 1);
}

const pauseChosen = (held: boolean) =>
  held ? queue.order("uploads_resume", queue.chosen(), t().toast.resumed) : queue.order("uploads_pause", queue.chosen(), t().toast.paused);

export function gridKey(event: KeyboardEvent): void {
  if (event.isComposing) return;
  const inGrid = event.target === event.currentTarget;
  if (!inGrid) {
    // Within the error card only the way back to its row is ours.
    if (event.key === "Escape" || (event.key === "ArrowLeft" && event.target instanceof Element && event.target.closest(".error-card"))) {
      queue.closeCard();
      document.getElementById("queue-grid")?.focus({ preventScroll: true });
      event.preventDefault();
      event.stopPropagation();
    }
    return;
  }
  const at = queue.activeShown.peek();
  const row = queue.activeRow();
  const command = isCommand(event);
  const go = (to: number) => {
    if (event.shiftKey) {
      if (queue.selected.peek().size === 0) queue.beginRange();
      void queue.extendTo(to);
    } else {
      queue.activate(to);
    }
  };
  const done = () => {
    event.preventDefault();
    event.stopPropagation();
  };

  if (event.altKey && !command) {
    const by = { ArrowUp: -1, ArrowDown: 1, Home: "first", End: "last" }[event.key] as -1 | 1 | "first" | "last" | undefined;
    if (by === undefined) return;
    void queue.moveActive(by);
    return done();
  }
  if (command) {
    if (event.key.toLowerCase() === "a" && !event.shiftKey) {
      void queue.selectAll();
      return done();
    }
    return;
  }
  switch (event.key) {
    case "ArrowDown":
      go(at + 1);
      return done();
    case "ArrowUp":
      go(Math.max(0, at - 1));
      return done();
    case "PageDown":
      go(at + pageRows());
      return done();
    case "PageUp":
      go(Math.max(0, at - pageRows()));
      return done();
    case "Home":
      go(0);
      return done();
    case "End":
      go(queue.count.peek() - 1);
      return done();
    case " ":
      if (at >= 0) queue.toggle(at);
      return done();
    case "Enter":
      if (row) perform("details", row);
      return done();
    case "Escape":
      if (queue.drawerId.peek() !== null) queue.closeDrawer();
      else if (queue.openId.peek() !== null) queue.closeCard();
      else queue.clearSelection();
      return done();
    case "ArrowRight":
      if (row && hasCard(row) && queue.openId.peek() !== row.id) perform("card", row);
      return done();
    case "ArrowLeft":
      queue.closeCard();
      return done();
    case "Delete":
      queue.remove(queue.chosen());
      return done();
    case "ContextMenu":
      return menuOf(done);
    case "F10":
      return event.shiftKey ? menuOf(done) : undefined;
    default:
  }
  if (event.shiftKey && event.key !== "?") return;
  switch (event.key.toLowerCase()) {
    case "p":
      if (queue.selectedCount.peek() > 1) void pauseChosen(row?.live.intent === "hold");
      else if (row) perform(row.live.intent === "hold" ? "resume" : "pause", row);
      return done();
    case "r":
      if (queue.selectedCount.peek() > 1) void queue.order("uploads_retry", queue.chosen(), t().toast.retried);
      else if (row) perform("retry", row);
      return done();
    case "l":
      if (row && !isFinal(row)) perform("limit", row);
      return done();
    case "c":
      if (row) perform("copy_link", row);
      return done();
    default:
  }

  function menuOf(after: () => void): void {
    const element = row && document.getElementById(`upload-${row.id}`);
    if (row && element) {
      const box = element.getBoundingClientRect();
      rowMenu(row, { x: box.left + box.width / 3, y: box.bottom });
    }
    after();
  }
}
