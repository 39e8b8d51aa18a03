/** Keys that work anywhere in the window, and the panes that F6 walks. */
import { signal } from "@preact/signals-core";
import { isCommand } from "../queue/keys";
import { toggleTurtle } from "../queue/limit";
import * as queue from "../queue/state";
import * as history from "../history/state";
import * as watch from "../watch/state";
import { newUpload } from "../manuscript/adding";
import { chooseFiles } from "../manuscript/files";
import { drawn } from "./draw";
import { menu } from "./menu";
import { backend, screen } from "./world";

const isMac = /Mac/.test(navigator.platform);
export const commandKey = (key: string) => (isMac ? `⌘${key}` : `Ctrl ${key}`);

/** Whether the list of keys is shown. */
export const help = signal(false);

/** In the order of focus. A pane is what of these is there: the sidebar, the top bar, the filters, the list, the card, the drawer, the toast. */
const PANES = [".sidebar", ".topbar", ".filters, .history-bar", ".queue-grid", ".error-card", ".screen > .scroll, .compose .scroll", ".preflight", ".formbar", ".drawer", ".toast"];
const FOCUSABLE = 'a[href], button:not(:disabled), input:not(:disabled), select:not(:disabled), textarea:not(:disabled), [tabindex="0"]';

function nextPane(by: 1 | -1): void {
  const panes = PANES.flatMap((pane) => [...document.querySelectorAll<HTMLElement>(pane)]).filter((pane) => pane.offsetParent !== null || pane.getClientRects().length > 0);
  if (panes.length === 0) return;
  // The innermost pane that has the focus: the card stands within the grid.
  const at = panes.findLastIndex((pane) => pane.contains(document.activeElement));
  const to = panes[(at + by + panes.length) % panes.length] ?? panes[0];
  const into = to?.matches('[tabindex="0"]') ? to : to?.querySelector<HTMLElement>(`[aria-current], input:checked, ${to.matches(".error-card") ? "button" : "not-an-element"}`) ?? to?.querySelector<HTMLElement>(FOCUSABLE);
  into?.focus({ preventScroll: true });
}

const writing = (target: EventTarget | null) =>
  target instanceof HTMLElement && (target.isContentEditable || target.matches("textarea, select, input:not([type=radio]):not([type=checkbox]):not([type=button])"));

export function windowKey(event: KeyboardEvent): void {
  if (event.isComposing || event.defaultPrevented || menu.peek() !== null) return;
  const modal = document.querySelector("dialog[open]") !== null;
  const done = () => event.preventDefault();
  if (event.key === "F6" && !modal) {
    nextPane(event.shiftKey ? -1 : 1);
    return done();
  }
  if (event.key === "?" && !modal && !writing(event.target)) {
    help.value = true;
    return done();
  }
  if (event.key === "Escape" && !modal && screen.peek() === "queue" && queue.drawerId.peek() !== null) {
    queue.closeDrawer();
    document.getElementById("queue-grid")?.focus({ preventScroll: true });
    return done();
  }
  if (!isCommand(event) || event.altKey || modal) return;
  const key = event.key.toLowerCase();
  if (event.shiftKey) {
    if (key === "p") void queue.pauseAll();
    else if (key === "t") void toggleTurtle();
    else return;
    return done();
  }
  switch (key) {
    case "n":
      newUpload();
      return done();
    case "o":
      void chooseFiles();
      return done();
    case "1":
      screen.value = "queue";
      void drawn().then(() => document.getElementById("queue-grid")?.focus({ preventScroll: true }));
      return done();
    case "2":
      watch.enter();
      return done();
    case "3":
      history.enter();
      void drawn().then(() => document.getElementById("history-grid")?.focus({ preventScroll: true }));
      return done();
    case "4":
      screen.value = "accounts";
      return done();
    case "5":
    case ",":
      screen.value = "settings";
      return done();
    case "f": {
      const field = document.getElementById(screen.peek() === "history" ? "history-search" : "queue-search");
      if (!field) return;
      field.focus();
      return done();
    }
    case "z":
      if (writing(event.target)) return;
      queue.undoLast();
      return done();
    case "w":
      void backend().hide();
      return done();
    case "q":
      void backend().quit();
      return done();
    default:
  }
}
