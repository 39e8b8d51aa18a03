/** Watched folders: a card each, with its rule as a sentence and what waits in it. */
import { html, nothing, type TemplateResult } from "lit-html";
import { live } from "lit-html/directives/live.js";
import { repeat } from "lit-html/directives/repeat.js";
import type { WaitingFile, WatchRow } from "../bindings";
import { openMenu } from "../app/menu";
import { icon, mark, modal, stateIcon } from "../app/parts";
import { accounts, now, say } from "../app/world";
import { span, t } from "../i18n";
import { list } from "../i18n/format";
import { formView } from "./form";
import * as state from "./state";
import { about, face, picture, why } from "./words";

export function watchView(): TemplateResult {
  const { watch: words } = t();
  const rows = state.watches.value;
  return html`
    <header class="topbar">
      <h1>${words.title}</h1>
      <p class="topbar-note cut">${words.note}</p>
      <div class="topbar-end"><button class="button" @click=${() => void state.addWatch()}>${icon("plus")}${words.add}</button></div>
    </header>
    <div class="scroll">
      ${rows.length === 0
        ? html`<div class="queue-empty"><h2>${words.none}</h2><p>${words.noneText}</p></div>`
        : html`<div class="watches">${repeat(rows, (row) => row.watch, cardView)}</div>`}
    </div>
    ${formView()}${removeView()}`;
}

function cardView(row: WatchRow): TemplateResult {
  const { watch: words } = t();
  const look = face(row);
  const menu = (event: Event) =>
    openMenu(event.currentTarget as HTMLElement, words.moreFor(row.name), [
      { label: words.lookNow, icon: "retry", run: () => void state.lookNow(row.watch) },
      { label: words.change, icon: "edit", run: () => void state.editWatch(row) },
      null,
      { label: words.remove, icon: "trash", danger: true, run: () => (state.removing.value = row) },
    ]);
  const all = state.shown.value.get(row.watch);
  const files = all ?? row.waits;
  return html`
    <article class="watch" aria-label=${row.name}>
      <header class="watch-head">
        <span class="mark" data-size="l" aria-hidden="true">${icon(row.is_drive ? "drive" : "watch")}</span>
        <div class="two"><h2 class="row-title cut" title=${row.folder}>${row.name}</h2><span class="row-sub watch-sub">${look.sub}</span></div>
        <span class="pill" data-state=${look.state}>${icon(look.icon)}${look.word}</span>
        <input class="switch" type="checkbox" role="switch" aria-label=${words.switch(row.name)} .checked=${live(row.state.is !== "off")}
          @change=${(event: Event) => void state.switchWatch(row.watch, (event.target as HTMLInputElement).checked)}>
        <button class="button icon-button" data-kind="quiet" aria-haspopup="menu" aria-label=${words.moreFor(row.name)} @click=${menu}>${icon("more")}</button>
      </header>
      ${rulesView(row)}
      ${row.notes.map((note) => html`<p class="watch-note">${icon("s-warn")}<span>${say(note)}</span></p>`)}
      <ul class="waits">${repeat(files, (file, at) => `${file.file} ${file.file === 0 ? at : ""}`, (file) => fileView(row, file))}${moreView(row, files.length, all !== undefined)}</ul>
    </article>`;
}

function rulesView(row: WatchRow): TemplateResult {
  const { watch: words } = t();
  const { rule } = row;
  const { what, more } = about(row);
  const to = accounts.value.filter((one) => rule.accounts.includes(one.account.id)).map((one) => one.account);
  const after = rule.afterwards.what === "keep" ? words.keep : rule.afterwards.what === "trash" ? words.trash : words.move(rule.afterwards.path.split(/[/\\]/u).at(-1) ?? "");
  /** A sentence with its value set apart. */
  const strong = (text: string, value: string) => {
    const at = text.indexOf(value);
    return html`<span>${text.slice(0, at)}<b>${value}</b>${text.slice(at + value.length)}</span>`;
  };
  const settle = span(rule.settle_seconds);
  const labels = list(to.map((one) => one.label));
  return html`
    <div class="watch-rules">
      <span>${icon("filter")}<span><b>${what}</b>${more === "" ? nothing : html` <span class="quiet">${more}</span>`}</span></span>
      <span>${icon("clock")}${strong(words.settles(settle), settle)}</span>
      ${rule.template === null ? nothing : html`<span>${icon("template")}${strong(words.template(rule.template), rule.template)}</span>`}
      ${to.length === 0 ? nothing : html`<span>${to.slice(0, 4).map((one) => mark(one.platform, "s"))}${strong(words.to(labels), labels)}</span>`}
      <span title=${rule.afterwards.what === "move" ? rule.afterwards.path : nothing}>${icon(rule.afterwards.what === "trash" ? "trash" : "folder")}${strong(words.afterwards(after), after)}</span>
    </div>`;
}

function fileView(row: WatchRow, file: WaitingFile): TemplateResult {
  const { watch: words } = t();
  const look = picture(file.wait);
  const path = file.beneath === "" ? file.name : `${file.beneath}/${file.name}`;
  const button = (label: string, run: () => void) => html`<button class="button" data-size="s" aria-label=${words.actFor(label, file.name)} @click=${run}>${label}</button>`;
  const anyway = () => button(words.sendAnyway, () => void state.sendAnyway(row.watch, file.file));
  const skip = () => button(words.skip, () => void state.skip(row, file));
  const acts = () => {
    switch (file.wait.reason) {
      case "open":
      case "young":
        return anyway();
      case "twice":
        return html`${anyway()}${skip()}`;
      case "refused":
        return html`${button(words.again, () => void state.lookNow(row.watch))}${skip()}`;
      case "stays":
      case "unreadable":
        return button(words.again, () => void state.lookNow(row.watch));
      default:
        return nothing;
    }
  };
  return html`
    <li>
      ${stateIcon(look.state, look.icon)}<span class="cut" title=${path}>${path}</span>
      <p>${row.state.is === "off" ? say({ code: "watch.off" }) : row.state.is === "waiting" ? words.known : why(file, now.value)}</p>
      <span class="wait-acts">${row.state.is === "watching" ? acts() : nothing}</span>
    </li>`;
}

function moreView(row: WatchRow, drawn: number, all: boolean): TemplateResult | typeof nothing {
  const { watch: words } = t();
  const left = row.waits_total - drawn;
  if (left <= 0 && !all) return nothing;
  return html`
    <li>
      ${stateIcon("queued", "s-queued")}<span class="cut">${left > 0 ? words.more(left) : words.files(row.waits_total)}</span><p></p>
      <span class="wait-acts">${
        all
          ? html`<button class="button" data-size="s" @click=${() => state.hideFiles(row.watch)}>${words.showFewer}</button>`
          : html`<button class="button" data-size="s" @click=${() => void state.showFiles(row.watch)}>${words.showFiles}</button>`
      }</span>
    </li>`;
}

function removeView(): TemplateResult | typeof nothing {
  const row = state.removing.value;
  if (!row) return nothing;
  const { watch: words, act } = t();
  const close = () => {
    state.removing.value = null;
  };
  const title = words.removeTitle(row.name);
  return modal(
    title,
    close,
    html`
      <header class="dialog-head"><h2>${title}</h2></header>
      <div class="dialog-body"><p>${words.removeText}</p></div>
      <footer class="dialog-foot">
        <button class="button" @click=${close} autofocus>${act.keep}</button>
        <button class="button" data-kind="danger" @click=${() => void state.remove()}>${words.remove}</button>
      </footer>`,
    "dialog-small",
  );
}
