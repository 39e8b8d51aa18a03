/** Drafts: the list where the form is empty, the menu beside the title, and what was kept when. */
import { html, nothing, type TemplateResult } from "lit-html";
import { icon, tongue } from "../app/parts";
import { openMenu } from "../app/menu";
import { now } from "../app/world";
import { t } from "../i18n";
import { clock } from "../i18n/format";
import { discard, openDraft, others, saved, startAnew } from "./drafts";
import { isEmpty } from "./form";

export function draftsView(): TemplateResult | typeof nothing {
  const { drafts } = t();
  if (others.value.length === 0) return nothing;
  return html`
    <h2>${drafts.title} <span>${drafts.note}</span></h2>
    <ul class="file-list">${others.value.map(
      ({ draft, title, changed_at_ms }) => html`<li class="file-entry"><span class="file-line">${icon("edit")}<span class="two"><span class="strong" lang=${tongue(title)}>${title || drafts.untitled}</span><span class="row-sub">${drafts.changed(clock(changed_at_ms, now.value))}</span></span></span>
        <span class="file-acts"><button type="button" class="button" data-size="s" aria-label=${drafts.openOf(title || drafts.untitled)} @click=${() => void openDraft(draft)}>${drafts.open}</button></span></li>`,
    )}</ul>`;
}

/** `Draft saved 15:24`, or what could not be kept. */
export function draftNote(): TemplateResult | string | typeof nothing {
  const { drafts } = t();
  const last = saved.value;
  if (!last || isEmpty()) return nothing;
  if (last.trouble !== null) return html`<span class="state" data-state="over" title=${last.trouble}>${icon("s-failed")}${drafts.notSaved(last.trouble)}</span>`;
  return last.at_ms === null ? nothing : drafts.saved(clock(last.at_ms, now.value));
}

export function draftsMenu(): TemplateResult | typeof nothing {
  const { drafts, compose } = t();
  if (isEmpty() && others.value.length === 0) return nothing;
  const open = (event: Event) => {
    const items = others.value.map(({ draft, title, changed_at_ms }) => ({ label: title || drafts.untitled, icon: "edit", keys: clock(changed_at_ms), run: () => void openDraft(draft) }));
    const own = isEmpty() ? [] : [...(items.length > 0 ? [null] : []), { label: drafts.anew, icon: "plus", run: () => void startAnew() }, { label: compose.discard, icon: "trash", danger: true, run: discard }];
    openMenu(event.currentTarget as HTMLElement, drafts.title, [...items, ...own]);
  };
  return html`<button class="button" aria-haspopup="menu" @click=${open}>${icon("edit")}${others.value.length > 0 ? drafts.menuOf(others.value.length) : drafts.title}${icon("chev-down", "icon tail")}</button>`;
}
