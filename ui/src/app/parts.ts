/** Small templates that every screen uses. */
import { html, nothing, type TemplateResult } from "lit-html";
import { ref } from "lit-html/directives/ref.js";
import { specOf } from "./world";

export const icon = (name: string, part = "icon") => html`<svg class=${part} aria-hidden="true"><use href=${`#i-${name}`}></use></svg>`;

/** The two letters of a platform; a folder has its picture. */
export function mark(platform: string, size: "s" | "m" | "l" = "m"): TemplateResult {
  const letters = specOf(platform)?.mark ?? platform.slice(0, 2);
  return html`<span class="mark" data-platform=${platform} data-size=${size} aria-hidden="true">${platform === "folder" ? icon("folder") : letters}</span>`;
}

export const stateIcon = (state: string, name: string) => html`<span class="state" data-state=${state}>${icon(name)}</span>`;

/** Dialogs that are open, with what had the focus before each. */
const openers = new Map<HTMLDialogElement, HTMLElement | null>();

/** Opens a native dialog as it comes into the document. */
export function modal(label: string, close: () => void, body: unknown, part = ""): TemplateResult {
  const show = (element: Element | undefined) => {
    if (!(element instanceof HTMLDialogElement) || openers.has(element)) return;
    openers.set(element, document.activeElement instanceof HTMLElement ? document.activeElement : null);
    queueMicrotask(() => {
      if (element.isConnected && !element.open) element.showModal();
    });
  };
  return html`<dialog class=${`dialog ${part}`} aria-label=${label} ${ref(show)}
    @cancel=${(event: Event) => {
      event.preventDefault();
      close();
    }}>${body}</dialog>`;
}

/** Gives the focus back to where it was before dialogs that are gone. Called after each drawing: a dialog that is taken away says nothing. */
export function settleDialogs(): void {
  for (const [dialog, opener] of openers) {
    if (dialog.isConnected) continue;
    openers.delete(dialog);
    if (opener?.isConnected && document.querySelector("dialog[open]") === null) opener.focus({ preventScroll: true });
  }
}

/** A title in whatever tongue it is written: marked where it is surely not the window's. */
export function tongue(text: string): string | typeof nothing {
  if (/[\p{Script=Hiragana}\p{Script=Katakana}]/u.test(text)) return "ja";
  if (/\p{Script=Han}/u.test(text)) return "zh-CN";
  return /\p{Script=Latin}/u.test(text) && document.documentElement.lang !== "en" ? "en" : nothing;
}
