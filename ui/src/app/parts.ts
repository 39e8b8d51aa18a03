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

/** Opens a native dialog as it comes into the document, and gives the focus back when it goes. */
export function modal(label: string, close: () => void, body: unknown, part = ""): TemplateResult {
  const opener = document.activeElement instanceof HTMLElement ? document.activeElement : null;
  const show = (element: Element | undefined) => {
    if (!(element instanceof HTMLDialogElement)) return;
    if (shown.has(element)) return;
    shown.add(element);
    queueMicrotask(() => {
      if (element.isConnected && !element.open) element.showModal();
    });
    element.addEventListener("close", () => opener?.isConnected && opener.focus({ preventScroll: true }));
  };
  return html`<dialog class=${`dialog ${part}`} aria-label=${label} ${ref(show)}
    @cancel=${(event: Event) => {
      event.preventDefault();
      close();
    }}>${body}</dialog>`;
}
const shown = new WeakSet<HTMLDialogElement>();

/** A title in whatever tongue it is written: marked where it is surely not the window's. */
export function tongue(text: string): string | typeof nothing {
  if (/[\p{Script=Hiragana}\p{Script=Katakana}]/u.test(text)) return "ja";
  if (/\p{Script=Han}/u.test(text)) return "zh-CN";
  return /\p{Script=Latin}/u.test(text) && document.documentElement.lang !== "en" ? "en" : nothing;
}
