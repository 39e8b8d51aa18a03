/** One short word at the foot of the screen, for ten seconds, often with 'Undo'. Held while it is looked at. */
import { signal } from "@preact/signals-core";

export const TOAST_MS = 10_000;

export interface Toast {
  text: string;
  /** Takes back what was said. */
  undo?: (() => void) | undefined;
  /** What happens when the time to undo is over. */
  end?: (() => void) | undefined;
}

export const toast = signal<Toast | null>(null);

let left = 0;
let since = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Shows it; whatever stood there comes to its end. */
export function say(next: Toast): void {
  endToast();
  toast.value = next;
  left = TOAST_MS;
  goOn();
}

/** Ends the toast in sight now, with its consequence. */
export function endToast(): void {
  clearTimeout(timer);
  const ended = toast.value;
  toast.value = null;
  ended?.end?.();
}

export function undoToast(): void {
  clearTimeout(timer);
  const undone = toast.value;
  toast.value = null;
  undone?.undo?.();
}

export function hold(): void {
  clearTimeout(timer);
  left -= Date.now() - since;
}

export function goOn(): void {
  clearTimeout(timer);
  if (!toast.value) return;
  since = Date.now();
  timer = setTimeout(endToast, Math.max(1000, left));
}
