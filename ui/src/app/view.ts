/** The window: sidebar, the screen in sight, the drawer, and what lies over them. */
import { html, nothing, type TemplateResult } from "lit-html";
import { ref } from "lit-html/directives/ref.js";
import { t } from "../i18n";
import { num } from "../i18n/format";
import { firstView } from "../first/view";
import { dragView } from "../first/drag";
import { receiptView } from "../history/receipt";
import { enter, openId } from "../history/state";
import { historyView } from "../history/view";
import { accountsView } from "../accounts/view";
import { manuscriptView } from "../manuscript/view";
import { drawerView } from "../queue/drawer";
import { editView, limitView } from "../queue/dialogs";
import { drawerId } from "../queue/state";
import { queueView } from "../queue/view";
import { countdownView } from "../settings/line-view";
import { settingsView } from "../settings/view";
import { listDialog } from "../templates/list-view";
import { manyDialog } from "../templates/many";
import { templatesDialog } from "../templates/view";
import * as watch from "../watch/state";
import { watchView } from "../watch/view";
import { keysView } from "./help";
import { closeMenu, menu, type MenuItem } from "./menu";
import { polite, urgent } from "./live";
import { icon } from "./parts";
import { goOn, hold, toast, undoToast } from "./toast";
import { accountsNeedingYou, begin, backend, isFirstRun, say, screen, type Screen, start, startFailure, summary } from "./world";
import { newUpload } from "../manuscript/adding";
import { commandKey } from "./keys";

const SCREENS: [Screen, string][] = [
  ["queue", "queue"],
  ["watch", "watch"],
  ["history", "history"],
  ["accounts", "accounts"],
  ["settings", "settings"],
];

function watchCount(): TemplateResult | typeof nothing {
  const [all, needing] = [watch.watches.value.length, watch.needingYou.value];
  if (needing > 0) return html`<span class="nav-flag">${icon("s-warn")}${num(needing)}<span class="visually-hidden">${t().nav.watchNeeds(needing)}</span></span>`;
  return all > 0 ? html`<span class="nav-count">${num(all)}</span>` : nothing;
}

function sidebar(): TemplateResult {
  const { nav } = t();
  const needing = accountsNeedingYou.value;
  const link = ([name, picture]: [Screen, string]) => {
    const label = nav[name as "queue" | "watch" | "history" | "accounts" | "settings"];
    return html`
      <a class="nav-link" href=${`#${name}`} aria-current=${screen.value === name ? "page" : nothing} title=${label}
        @click=${(event: Event) => {
          event.preventDefault();
          if (name === "history") enter();
          else if (name === "watch") watch.enter();
          else screen.value = name;
        }}>
        ${icon(picture)}<span class="nav-text">${label}</span>
        ${name === "queue" && (summary.value?.counts.all ?? 0) > 0 ? html`<span class="nav-count">${num(summary.value?.counts.all ?? 0)}</span>` : nothing}
        ${name === "watch" ? watchCount() : nothing}
        ${name === "accounts" && needing > 0 ? html`<span class="nav-flag">${icon("s-key")}${num(needing)}<span class="visually-hidden">${nav.needsYou(needing)}</span></span>` : nothing}
      </a>`;
  };
  return html`
    <nav class="sidebar" aria-label=${nav.label}>
      <button class="button sidebar-new" data-kind="primary" title=${nav.newUpload} @click=${newUpload} aria-current=${screen.value === "manuscript" ? "page" : nothing}>
        ${icon("plus")}<span class="nav-text">${nav.newUpload}</span><kbd>${commandKey("N")}</kbd>
      </button>
      <div class="nav">${SCREENS.map(link)}</div>
    </nav>`;
}

function screenView(): unknown {
  if (startFailure.value)
    return html`<div class="queue-empty" role="alert"><h1>${t().start.failed}</h1><p>${say(startFailure.value)}</p><button class="button" @click=${() => void begin(backend())}>${t().start.again}</button></div>`;
  if (start.value === null) return nothing;
  switch (screen.value) {
    case "queue":
      return isFirstRun.value ? firstView() : queueView();
    case "manuscript":
      return manuscriptView();
    case "watch":
      return watchView();
    case "history":
      return historyView();
    case "accounts":
      return accountsView();
    case "settings":
      return settingsView();
  }
}

function toastView(): TemplateResult | typeof nothing {
  const shown = toast.value;
  if (!shown) return nothing;
  return html`
    <div class="toast toast-word" role="status" @mouseenter=${hold} @mouseleave=${goOn} @focusin=${hold} @focusout=${goOn}>
      <span class="cut">${shown.text}</span>${shown.undo ? html`<button class="button" data-kind="quiet" id="toast-undo" @click=${undoToast}>${icon("undo")}${t().act.undo}</button>` : nothing}
    </div>`;
}

function menuView(): TemplateResult | typeof nothing {
  const open = menu.value;
  if (!open) return nothing;
  const place = (element: Element | undefined) => {
    if (!(element instanceof HTMLElement)) return;
    queueMicrotask(() => {
      if (!element.isConnected) return;
      const box = element.getBoundingClientRect();
      const x = open.fromEnd ? open.x - box.width : open.x;
      element.style.left = `${Math.max(8, Math.min(x, innerWidth - box.width - 8))}px`;
      element.style.top = `${Math.max(8, Math.min(open.y, innerHeight - box.height - 8))}px`;
      element.querySelector<HTMLElement>('[aria-checked="true"], [role^="menuitem"]')?.focus({ preventScroll: true });
    });
  };
  const run = (item: MenuItem) => () => {
    closeMenu();
    item.run();
  };
  const entry = (item: MenuItem) => html`
    <button class="menu-item" role=${item.checked === undefined ? "menuitem" : "menuitemradio"} tabindex="-1" aria-checked=${item.checked === undefined ? nothing : item.checked ? "true" : "false"}
      data-kind=${item.danger ? "danger" : nothing} @click=${run(item)}>
      ${item.checked === undefined ? (item.icon ? icon(item.icon) : html`<span class="icon"></span>`) : item.checked ? icon("check") : html`<span class="icon"></span>`}
      <span>${item.label}</span>${item.keys ? html`<kbd>${item.keys}</kbd>` : nothing}
    </button>`;
  return html`
    <div class="menu-veil" @pointerdown=${closeMenu} @contextmenu=${(event: Event) => event.preventDefault()}></div>
    <div class="menu menu-open" role="region" aria-label=${open.label} ${ref(place)} @keydown=${menuKey}>
      <div class="menu-list" role="menu" aria-label=${open.label}>${open.items.map((item) => (item ? entry(item) : html`<div class="menu-line" role="separator"></div>`))}</div>
      ${open.note ? html`<p class="menu-note">${open.note}</p>` : nothing}
    </div>`;
}

function menuKey(event: KeyboardEvent): void {
  const items = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>('[role^="menuitem"]')];
  const at = items.findIndex((item) => item === document.activeElement);
  const to = { ArrowDown: (at + 1) % items.length, ArrowUp: (at - 1 + items.length) % items.length, Home: 0, End: items.length - 1 }[event.key];
  if (to !== undefined) items[to]?.focus();
  else if (event.key === "Escape" || event.key === "Tab") closeMenu();
  else if (event.key === "Enter" || event.key === " ") return;
  else {
    const letter = event.key.toLowerCase();
    const found = [...items.slice(at + 1), ...items].find((item) => item.textContent?.trim().toLowerCase().startsWith(letter));
    if (letter.length !== 1 || !found) return;
    found.focus();
  }
  event.preventDefault();
  event.stopPropagation();
}

export function windowView(): TemplateResult {
  const receipt = screen.value === "history" && openId.value !== null;
  const drawer = receipt || (screen.value === "queue" && drawerId.value !== null && !isFirstRun.value);
  return html`
    <div class=${drawer ? "app with-drawer" : "app"} data-screen=${screen.value}>
      ${sidebar()}
      <main class="screen" id="screen">${screenView()}${dragView()}${toastView()}${countdownView()}</main>
      ${receipt ? receiptView() : drawer ? drawerView() : nothing}
    </div>
    ${menuView()}${editView()}${limitView()}${templatesDialog()}${listDialog()}${manyDialog()}${keysView()}
    <p class="visually-hidden" role="status" aria-live="polite">${polite.value}</p>
    <p class="visually-hidden" role="alert">${urgent.value}</p>`;
}
