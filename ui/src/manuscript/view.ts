/** The form for new uploads: its panes in their order, its keys, its foot. */
import { html, nothing, type TemplateResult } from "lit-html";
import { keyed } from "lit-html/directives/keyed.js";
import { commandKey } from "../app/keys";
import { platformLabel } from "../app/world";
import { isCommand } from "../queue/keys";
import { t } from "../i18n";
import { list } from "../i18n/format";
import { accountsPart } from "./accounts-view";
import { add, adding } from "./adding";
import { addable, blocked, checking, showChecks } from "./checks";
import { checksToggle, nextFinding, preflightView } from "./checks-view";
import { save } from "./drafts";
import { draftNote, draftsMenu } from "./drafts-view";
import { commonPart, platformsPart } from "./fields-view";
import { filesView } from "./files-view";
import * as form from "./form";
import { startView, timesPart } from "./times-view";
import { previewPart, templatesButton } from "../templates/view";

export function manuscriptView(): TemplateResult {
  const { compose } = t();
  return html`
    <header class="topbar">
      <h1>${compose.title}</h1>
      <p class="topbar-note cut">${draftNote()}</p>
      <div class="topbar-end">${checksToggle()}${templatesButton()}${draftsMenu()}</div>
    </header>
    <div class="compose" ?data-checks=${showChecks.value} @keydown=${keys}>
      <div class="scroll">
        <form class="form" @submit=${(event: Event) => (event.preventDefault(), void add())}>
          ${filesView()}${accountsPart()}${keyed(form.edited.value?.file ?? null, html`${commonPart()}${timesPart()}${previewPart()}${platformsPart()}`)}
        </form>
      </div>
      ${preflightView()}
    </div>
    ${footView()}`;
}

function keys(event: KeyboardEvent): void {
  if (event.isComposing) return;
  const target = event.target instanceof Element ? event.target : null;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    void add();
  } else if (isCommand(event) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "s") {
    event.preventDefault();
    void save();
  } else if (event.key === "F8") {
    event.preventDefault();
    nextFinding(event.shiftKey ? -1 : 1);
  } else if (event.altKey && event.key.toLowerCase() === "l") {
    event.preventDefault();
    target?.closest(".field")?.querySelector<HTMLElement>(".link-toggle")?.click();
  } else if (event.key === "Escape" && showChecks.value) {
    showChecks.value = false;
  }
}

function footView(): TemplateResult {
  const { compose } = t();
  const stays = blocked.value;
  const n = addable.value;
  const names = list([...new Set(stays.map((verdict) => platformLabel(verdict.row.account.platform)))]);
  const busy = adding.value;
  return html`
    <footer class="formbar">
      <p class="quiet cut" title=${stays.length > 0 ? compose.blocked(names) : nothing}>${stays.length > 0 ? compose.blocked(names) : nothing}</p>
      <div class="formbar-end">
        ${startView()}
        <button class="button" title=${commandKey("S")} ?disabled=${form.isEmpty()} @click=${() => void save()}>${compose.saveDraft}</button>
        <button class="button" data-kind="primary" title="Ctrl Enter" ?disabled=${n === 0 || busy || checking.value} @click=${() => void add()}>${busy ? compose.adding : n > 0 ? compose.add(n) : compose.addNone}</button>
      </div>
    </footer>`;
}
