/** Accounts: a tile each, those that need somebody first, and the form for a new or a changed one. */
import { html, nothing, type TemplateResult } from "lit-html";
import type { AccountRow, Field, HealthState } from "../bindings";
import { drawn } from "../app/draw";
import { openMenu } from "../app/menu";
import { icon, mark, modal } from "../app/parts";
import { accounts, labelOf, now, platformLabel, say, screen, specOf, specs, start } from "../app/world";
import { fieldView } from "../form/view";
import { faultWords } from "../form/words";
import { t } from "../i18n";
import { clock, day } from "../i18n/format";
import { searchFor, showOnly } from "../queue/state";
import * as state from "./state";

const ORDER: Record<HealthState, number> = { signed_out: 0, troubled: 1, unknown: 2, ready: 3 };
const LOOK: Record<HealthState, [tone: string, icon: string]> = {
  signed_out: ["waiting", "s-key"],
  troubled: ["waiting", "s-warn"],
  unknown: ["queued", "s-queued"],
  ready: ["done", "s-done"],
};

export function accountsView(): TemplateResult {
  const { accounts: words } = t();
  const rows = [...accounts.value].sort((a, b) => ORDER[a.account.health.state] - ORDER[b.account.health.state]);
  const kept = start.value?.secrets;
  const note = kept === "none" ? words.noteNone : kept === "vault" ? words.noteVault : words.note;
  return html`
    <header class="topbar">
      <h1>${words.title}</h1>
      <p class="topbar-note cut">${note}</p>
      <div class="topbar-end">
        ${rows.length > 1 ? html`<button class="button" ?disabled=${state.checking.value.size > 0} @click=${() => void state.checkAll()}>${icon("retry")}${words.checkAll}</button>` : nothing}
        <button class="button" aria-haspopup="dialog" @click=${state.addAccount}>${icon("plus")}${words.add}</button>
      </div>
    </header>
    <div class="scroll">
      <div class="tiles">
        ${rows.map(tile)}
        <button class="tile tile-add" aria-haspopup="dialog" @click=${state.addAccount}>${icon("plus")}<span>${words.add}</span></button>
      </div>
    </div>
    ${formView()}${removeView()}`;
}

function tile(row: AccountRow): TemplateResult {
  const { accounts: words } = t();
  const { account } = row;
  const { health } = account;
  const [tone, picture] = LOOK[health.state];
  const name = state.nameOf(row);
  const spec = specOf(account.platform);
  const busy = state.checking.value.has(account.id);
  const bad = health.state === "signed_out" || health.state === "troubled";
  const word = { signed_out: words.signedOut, troubled: words.troubled, unknown: words.unknown, ready: words.ready }[health.state];
  const more = health.state === "signed_out" ? words.signedOutText(row.unfinished) : health.cause ? say(health.cause) : "";
  const folder = spec?.settings.find((field) => field.kind === "folder");
  const until = health.valid_until_ms === null ? words.noEnd : health.valid_until_ms < now.value ? words.ended(clock(health.valid_until_ms, now.value)) : words.until(day(health.valid_until_ms));
  const menu = (event: Event) =>
    openMenu(event.currentTarget as HTMLElement, words.moreFor(name), [
      { label: words.check, icon: "retry", run: () => void state.check(row) },
      { label: words.change, icon: "edit", run: () => state.editAccount(account.id) },
      null,
      { label: words.remove, icon: "trash", danger: true, run: () => (state.removing.value = row) },
    ]);
  return html`
    <article class="tile" data-health=${bad ? "waiting" : tone} aria-label=${name}>
      <header class="tile-head">
        ${mark(account.platform, "l")}
        <div class="two"><h2 class="row-title">${platformLabel(account.platform)}</h2><span class="row-sub">${account.label}</span></div>
        <button class="button icon-button" data-kind="quiet" aria-haspopup="menu" aria-label=${words.moreFor(name)} @click=${menu}>${icon("more")}</button>
      </header>
      <p class="tile-health"><span class="state" data-state=${tone}>${icon(picture)}</span><span><strong class="state" data-state=${tone}>${word}</strong> <span class="quiet">${more}</span></span></p>
      <dl class="facts">
        ${folder ? html`<dt>${labelOf(folder.label)}</dt><dd>${account.settings[folder.name] ?? ""}</dd>` : html`<dt>${words.validUntil}</dt><dd>${until}</dd>`}
        ${health.identity === null ? nothing : html`<dt>${words.identity}</dt><dd>${health.identity}</dd>`}
        <dt>${words.checked}</dt><dd>${health.checked_at_ms === null ? words.never : clock(health.checked_at_ms, now.value)}</dd>
        ${spec?.remote === false ? html`<dt>${words.network}</dt><dd>${words.usesNone}</dd>` : nothing}
      </dl>
      <footer class="tile-foot">
        <span>${words.inQueue(row.unfinished)}</span>
        ${
          health.state === "signed_out"
            ? html`<button class="button" data-size="s" data-kind="primary" @click=${() => state.editAccount(account.id)}>${words.signIn}</button>`
            : html`<button class="button" data-size="s" ?disabled=${busy} @click=${() => void state.check(row)}>${busy ? words.checking : words.check}</button>`
        }
      </footer>
    </article>`;
}

function formView() {
  const of = state.draft.value;
  if (!of) return nothing;
  const { accounts: words, act, form } = t();
  const spec = state.draftSpec.value;
  const isNew = of.account === null;
  const platform = platformLabel(of.platform);
  const title = isNew ? words.addTitle : words.changeTitle(t().who(platform, of.label));
  const label = of.tried ? state.labelFault(of) : null;
  const field = (one: Field, kind: "settings" | "secrets") => {
    const found = of.tried ? (kind === "settings" ? state.settingFault(one, of) : state.secretFault(one, of)) : null;
    const name = labelOf(one.label);
    const refused = of.failure && (of.failure.params.field ?? of.failure.params.name ?? of.failure.params.setting) === one.name ? say(of.failure) : null;
    return fieldView({
      id: `account-${one.name}`,
      field: one,
      value: of[kind][one.name] ?? "",
      input: (value) => (kind === "settings" ? state.setSetting(one.name, value) : state.setSecret(one.name, value)),
      error: found ? faultWords(found, name, platform) : refused,
      ...(kind === "secrets" && !isNew ? { placeholder: form.secretKept } : {}),
    });
  };
  const settings = spec?.settings.filter((one) => !one.advanced) ?? [];
  const secrets = spec?.secrets.filter((one) => !one.advanced) ?? [];
  const advanced = [...(spec?.settings ?? []).filter((one) => one.advanced).map((one) => [one, "settings"] as const), ...(spec?.secrets ?? []).filter((one) => one.advanced).map((one) => [one, "secrets"] as const)];
  const noKeychain = start.value?.secrets === "none" && (spec?.secrets.length ?? 0) > 0;
  const submit = (event: Event) => {
    event.preventDefault();
    void state.sendDraft().then(async (sent) => {
      if (sent) return;
      await drawn();
      const first = document.querySelector<HTMLElement>('dialog [aria-invalid="true"]');
      first?.closest("details")?.setAttribute("open", "");
      first?.focus();
    });
  };
  return modal(
    title,
    state.closeDraft,
    html`
      <form class="account-form" @submit=${submit}>
        <header class="dialog-head"><h2>${title}</h2><button type="button" class="button icon-button" data-kind="quiet" aria-label=${act.close} @click=${state.closeDraft}>${icon("x")}</button></header>
        <div class=${isNew ? "add-account" : "add-account add-single"}>
          ${
            isNew
              ? html`<fieldset class="add-list"><legend class="visually-hidden">${words.platform}</legend>
                  ${specs.value.map((one) => html`<label><input type="radio" name="platform" .checked=${one.name === of.platform} @change=${() => state.choosePlatform(one.name)}>${mark(one.name)}<span>${labelOf(one.label)}</span></label>`)}
                </fieldset>`
              : nothing
          }
          <div class="add-form scroll">
            <div class="field" data-field="account-label">
              <label class="field-label" for="account-label">${words.nameField}</label>
              <input class="input" id="account-label" .value=${of.label} autocomplete="off" autofocus aria-invalid=${label ? "true" : nothing} aria-describedby=${label ? "account-label-error" : nothing}
                @input=${(event: Event) => state.setLabel((event.target as HTMLInputElement).value)}>
              ${label ? html`<p class="field-error" id="account-label-error">${icon("s-failed")}<span>${label === "taken" ? words.nameTaken(of.label.trim()) : words.nameNeeded}</span></p>` : nothing}
            </div>
            ${noKeychain ? html`<p class="note">${icon("s-warn")}<span>${words.noSecrets}</span></p>` : nothing}
            ${settings.map((one) => field(one, "settings"))}${secrets.map((one) => field(one, "secrets"))}
            ${
              advanced.length === 0
                ? nothing
                : html`<details class="fold"><summary>${icon("chev-right")}${t().compose.more}</summary><div class="add-more">${advanced.map(([one, kind]) => field(one, kind))}</div></details>`
            }
            ${of.failure ? html`<p class="note" data-kind="failed" role="alert">${icon("s-failed")}<span>${say(of.failure)}</span></p>` : nothing}
          </div>
        </div>
        <footer class="dialog-foot">
          <button type="button" class="button" @click=${state.closeDraft}>${act.keep}</button>
          <button class="button" data-kind="primary" ?disabled=${of.busy || noKeychain}>${of.busy ? words.checking : isNew ? words.add : words.save}</button>
        </footer>
      </form>`,
    "dialog-form",
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
