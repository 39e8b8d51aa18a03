/** One menu at a time: its items, where it stands, and what has the focus when it closes. */
import { signal } from "@preact/signals-core";

export interface MenuItem {
  label: string;
  icon?: string;
  keys?: string;
  /** For one of several: whether it is the one in force. */
  checked?: boolean;
  danger?: boolean;
  run: () => void;
}

export interface Menu {
  label: string;
  /** `null` is a line between groups. */
  items: (MenuItem | null)[];
  note?: string;
  x: number;
  y: number;
  /** Opens to the left of `x`. */
  fromEnd: boolean;
  opener: HTMLElement | null;
}

export const menu = signal<Menu | null>(null);

export function openMenu(at: HTMLElement | { x: number; y: number }, label: string, items: (MenuItem | null)[], note?: string, opener?: HTMLElement): void {
  const place = at instanceof HTMLElement ? at.getBoundingClientRect() : null;
  menu.value = {
    label,
    items,
    ...(note === undefined ? {} : { note }),
    x: place ? place.right : (at as { x: number }).x,
    y: place ? place.bottom + 4 : (at as { y: number }).y,
    fromEnd: place !== null,
    opener: opener ?? (at instanceof HTMLElement ? at : null),
  };
}

export function closeMenu(): void {
  const closed = menu.value;
  menu.value = null;
  closed?.opener?.focus({ preventScroll: true });
}
