/** What an account asks in dialogs of their own: another name, signing in, upload tokens, removal. */
import { html, nothing, type TemplateResult } from "lit-html";
import { live } from "lit-html/directives/live.js";
import type { UploadTokenRow } from "../bindings";
import { drawn } from "../app/draw";
import { icon, modal } from "../app/parts";
import { say as toast } from "../app/toast";
import { backend, now, say, screen } from "../app/world";
import { t } from "../i18n";
import { clock } from "../i18n/format";
import { searchFor, showOnly } from "../queue/state";
import * as signing from "./signing";
import * as state from "./state";
import * as tokens from "./tokens";

export const dialogsView = () => html`${renameView()}${signInView()}${tokensView()}${removeView()}`;

const typed = (event: Event) => (event.target as HTMLInputElement).value;
const obey = (act: () => unknown) => (event: Event) => {
  event.preventDefault();
  void act();
};
const head = (title: string, close: () => void) => html`
  <header class="dialog-head"><h2>${title}</h2><button type="button" class="button icon-button" data-kind="quiet" aria-label=${t().act.close} @click=${close}>${icon("x")}</button></header>`;
const failed = (failure: Parameters<typeof say>[0] | null) => (failure ? html`<p class="note" data-kind="failed" role="alert">${icon("s-failed")}<span>${say(failure)}</span></p>` : nothing);

function renameView() {
  const of = state.renaming.value;
  if (!of) return nothing;
  const { accounts: words, act } = t();
  const close = () => {
    state.renaming.value = null;
  };
  const fault = state.labelFault({ label: of.label, account: of.row.account.id });
  const title = words.renameTitle(state.nameOf(of.row));
  return modal(
    title,
    close,
    html`
      <form class="plain-form" @submit=${obey(state.rename)}>
        <header class="dialog-head"><h2>${title}</h2></header>
        <div class="dialog-body">
          <div class="field">
            <label class="field-label" for="rename-label">${words.nameField}</label>
            <input class="input" id="rename-label" .value=${live(of.label)} autocomplete="off" autofocus aria-invalid=${fault ? "true" : nothing} aria-describedby=${fault ? "rename-error" : nothing}
              @input=${(event: Event) => (state.renaming.value = { ...of, label: typed(event), failure: null })}>
            ${fault ? html`<p class="field-error" id="rename-error">${icon("s-failed")}<span>${fault === "taken" ? words.nameTaken(of.label.trim()) : words.nameNeeded}</span></p>` : nothing}
          </div>
          ${failed(of.failure)}
        </div>
        <footer class="dialog-foot">
          <button type="button" class="button" @click=${close}>${act.keep}</button>
          <button class="button" data-kind="primary">${words.renameSave}</button>
        </footer>
      </form>`,
    "dialog-small",
  );
}

function signInView() {
  const of = signing.signing.value;
  if (!of) return nothing;
  const { accounts: words, act } = t();
  const row = () => state.rowOf(of.account);
  const again = () => {
    const found = row();
    if (found) void signing.signIn(found, of.name);
  };
  const title = words.signInTitle(of.name);
  const { page } = of;
  const copyPage = () => {
    if (page) void backend().copyText(page.page).then(() => toast({ text: t().toast.linkCopied }));
  };
  const address = page
    ? html`<div class="with-button"><input class="input mono" readonly aria-label=${words.signInPage} .value=${page.page} @focus=${(event: Event) => (event.target as HTMLInputElement).select()}>
        <button type="button" class="button" @click=${copyPage}>${words.tokenCopy}</button></div>`
    : nothing;
  const finish = html`<button class="button" data-kind="primary" ?disabled=${of.finishing}>${of.finishing ? words.signInFinishing : words.signInFinish}</button>`;
  const code = html`
    <div class="field">
      <label class="field-label" for="sign-in-code">${words.signInField}</label>
      <input class="input" id="sign-in-code" .value=${live(of.code)} autocomplete="off" spellcheck="false" ?autofocus=${page?.comes_back === false} aria-describedby="sign-in-help" @input=${(event: Event) => signing.setCode(typed(event))}>
      <p class="field-help" id="sign-in-help">${words.signInHelp}</p>
    </div>`;
  const next = page === null ? (of.failure ? "" : words.signInOpening) : page.comes_back ? words.signInThere : words.signInPaste;
  return modal(
    title,
    signing.callOff,
    html`
      <form class="plain-form" @submit=${obey(signing.finish)}>
        ${head(title, signing.callOff)}
        <div class="dialog-body sign-in-body">
          ${next === "" ? nothing : html`<p role="status">${next}</p>`}
          ${page && !page.opened ? html`<p class="note">${icon("s-warn")}<span>${words.signInNotOpened}</span></p>${address}` : nothing}
          ${page === null ? nothing : page.comes_back ? html`<details class="fold"><summary>${icon("chev-right")}${words.signInElsewhere}</summary><div class="add-more">${page.opened ? address : nothing}${code}<div>${finish}</div></div></details>` : code}
          ${failed(of.failure)}
        </div>
        <footer class="dialog-foot">
          <button type="button" class="button" @click=${signing.callOff}>${act.keep}</button>
          ${of.failure ? html`<button type="button" class="button" @click=${again}>${words.signInAgainTry}</button>` : nothing}
          ${page?.comes_back === false ? finish : nothing}
        </footer>
      </form>`,
    "dialog-sign-in",
  );
}

/** Where the focus goes when the buttons of a token change. */
const focusOn = async (query: string) => {
  await drawn();
  document.querySelector<HTMLElement>(`.dialog-tokens ${query}`)?.focus();
};
const askDelete = (token: string) => {
  tokens.askDelete(token);
  void focusOn("[data-keep]");
};
const keep = (token: string) => {
  tokens.askDelete(null);
  void focusOn(`[data-delete="${CSS.escape(token)}"]`);
};
const removeToken = (token: string) => void tokens.remove(token).then(() => focusOn("#token-life"));

/** The end of a token's name: enough to tell it from others aloud. */
const ending = (token: string) => token.slice(-4);

function lasts({ expires_at }: UploadTokenRow): string {
  const { accounts: words } = t();
  if (expires_at === null) return words.tokenForever;
  const at = Date.parse(expires_at);
  return words.tokenUntil(Number.isNaN(at) ? expires_at : clock(at, now.value));
}

function tokensView() {
  const of = tokens.tokens.value;
  if (!of) return nothing;
  const { accounts: words, act } = t();
  const title = words.tokensTitle(of.name);
  const line = (row: UploadTokenRow): TemplateResult => html`
    <li class="token-row">
      <code class="cut" title=${row.token}>${row.token}</code><span class="quiet">${lasts(row)}</span>
      ${
        of.deleting === row.token
          ? html`<button class="button" data-size="s" data-keep @click=${() => keep(row.token)}>${words.tokenKeep}</button>
              <button class="button" data-size="s" data-kind="danger" ?disabled=${of.busy} @click=${() => removeToken(row.token)}>${words.tokenDeleteYes}</button>`
          : html`<button class="button" data-size="s" aria-label=${words.tokenCopyOf(ending(row.token))} @click=${() => void tokens.copyToken(row.token)}>${words.tokenCopy}</button>
              <button class="button" data-size="s" data-delete=${row.token} aria-label=${words.tokenDeleteOf(ending(row.token))} @click=${() => askDelete(row.token)}>${words.tokenDelete}</button>`
      }
    </li>`;
  return modal(
    title,
    tokens.closeTokens,
    html`
      ${head(title, tokens.closeTokens)}
      <div class="dialog-body token-body">
        <p class="quiet">${words.tokensNote}</p>
        <form class="token-new" @submit=${obey(tokens.create)}>
          <div class="field">
            <label class="field-label" for="token-life">${words.tokenLife}</label>
            <span class="select"><select id="token-life" autofocus .value=${live(of.life)} @change=${(event: Event) => tokens.setLife(typed(event))}>
              ${tokens.LIVES.map((life) => html`<option value=${life} ?selected=${life === of.life}>${words.tokenLives[life]}</option>`)}
            </select>${icon("chev-down")}</span>
          </div>
          <button class="button" data-kind="primary" ?disabled=${of.busy}>${of.busy && of.rows !== null ? words.tokenCreating : words.tokenCreate}</button>
        </form>
        ${failed(of.failure)}
        ${
          of.rows === null
            ? html`<p class="quiet" role="status">${of.failure ? "" : words.tokensLoading}</p>`
            : of.rows.length === 0
              ? html`<p class="quiet">${words.tokensNone}</p>`
              : html`<ul class="token-list" aria-label=${title}>${of.rows.map(line)}</ul>`
        }
      </div>
      <footer class="dialog-foot"><button class="button" @click=${tokens.closeTokens}>${act.close}</button></footer>`,
    "dialog-tokens",
  );
}

function removeView() {
  const row = state.removing.value;
  if (!row) return nothing;
  const { accounts: words, act } = t();
  const close = () => {
    state.removing.value = null;
  };
  const name = state.nameOf(row);
  const inUse = row.unfinished > 0;
  const showThem = () => {
    close();
    screen.value = "queue";
    showOnly("all");
    searchFor(row.account.label);
  };
  return modal(
    words.removeTitle(name),
    close,
    html`
      <header class="dialog-head"><h2>${words.removeTitle(name)}</h2></header>
      <div class="dialog-body"><p>${inUse ? words.inUse(row.unfinished) : words.removeText}</p></div>
      <footer class="dialog-foot">
        <button class="button" autofocus @click=${close}>${act.keep}</button>
        ${
          inUse
            ? html`<button class="button" data-kind="primary" @click=${showThem}>${words.showThem}</button>`
            : html`<button class="button" data-kind="danger" @click=${() => void state.removeAccount(row)}>${words.removeYes}</button>`
        }
      </footer>`,
    "dialog-small",
  );
}
