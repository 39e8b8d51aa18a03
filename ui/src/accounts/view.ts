/** Accounts: a tile each, those that need somebody first, and the form for a new or a changed one. */
import { html, nothing, type TemplateResult } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";
import type { AccountRow, Field } from "../bindings";
import { drawn } from "../app/draw";
import { openMenu } from "../app/menu";
import { icon, mark, modal } from "../app/parts";
import { accounts, labelOf, now, platformLabel, say, specs, start } from "../app/world";
import { fieldView } from "../form/view";
import { faultWords } from "../form/words";
import { t } from "../i18n";
import { rate } from "../i18n/format";
import { limitMenuOf } from "../queue/limit";
import { dialogsView } from "./dialogs";
import { type Act, type Face, face } from "./facts";
import { PROXY, PROXY_PASSWORD, proxyFields } from "./proxy";
import { signIn as startSignIn } from "./signing";
import * as state from "./state";
import { openTokens } from "./tokens";

export function accountsView(): TemplateResult {
  const { accounts: words } = t();
  const faces = accounts.value.map((row) => ({ row, look: face(row, now.value) })).sort((a, b) => a.look.rank - b.look.rank);
  const kept = start.value?.secrets;
  const note = kept === "none" ? words.noteNone : kept === "vault" ? words.noteVault : words.note;
  return html`
    <header class="topbar">
      <h1>${words.title}</h1>
      <p class="topbar-note cut">${note}</p>
      <div class="topbar-end">
        ${faces.length > 1 ? html`<button class="button" ?disabled=${state.checking.value.size > 0} @click=${() => void state.checkAll()}>${icon("retry")}${words.checkAll}</button>` : nothing}
        <button class="button" aria-haspopup="dialog" @click=${state.addAccount}>${icon("plus")}${words.add}</button>
      </div>
    </header>
    <div class="scroll">
      <div class="tiles">
        ${repeat(faces, ({ row }) => row.account.id, ({ row, look }) => tile(row, look))}
        <button class="tile tile-add" aria-haspopup="dialog" @click=${state.addAccount}>${icon("plus")}<span>${words.add}</span></button>
      </div>
    </div>
    ${formView()}${dialogsView()}`;
}

/** The account's own name, who it is there, and where: whatever says something new. */
function under({ account: { label, health } }: AccountRow): string {
  const said = [label];
  for (const word of [health.identity, health.place]) if (word !== null && !said.some((one) => one.replace(/^@/, "") === word.replace(/^@/, ""))) said.push(word);
  return said.join(", ");
}

function tile(row: AccountRow, look: Face): TemplateResult {
  const { accounts: words } = t();
  const { account } = row;
  const name = state.nameOf(row);
  const isFolder = account.platform === "folder";
  const limit = row.limit_bytes_per_second;
  const busy = state.checking.value.has(account.id);
  const check = { label: words.check, icon: "retry", run: () => void state.check(row) };
  const signIn = () => void startSignIn(row, name);
  const menu = (event: Event) => {
    const button = event.currentTarget as HTMLElement;
    openMenu(button, words.moreFor(name), [
      check,
      ...(isFolder ? [{ label: words.openFolder, icon: "folder", run: () => void state.openFolder(row) }] : []),
      ...(row.signs_in ? [{ label: words.signInAgain, icon: "s-key", run: signIn }] : []),
      ...(row.hands_out_tokens ? [{ label: words.uploadTokens, icon: "link", run: () => void openTokens(row, name) }] : []),
      null,
      { label: words.rename, icon: "edit", run: () => (state.renaming.value = { row, label: account.label, failure: null }) },
      { label: limit === null ? words.limit : words.limitNow(rate(limit)), icon: "turtle", run: () => limitMenuOf({ of: "account", account: account.id, name }, limit, button) },
      { label: words.change, icon: "settings", run: () => state.editAccount(account.id) },
      null,
      { label: words.remove, icon: "trash", danger: true, run: () => (state.removing.value = row) },
    ]);
  };
  const acts: Record<Act, [label: string, run: () => void]> = {
    sign_in: [words.signIn, signIn],
    new_key: [words.newKey, () => state.editAccount(account.id)],
    check: [busy ? words.checking : words.check, check.run],
    open: [words.openFolder, () => void state.openFolder(row)],
  };
  const [label, run] = acts[look.act];
  const sub = under(row);
  return html`
    <article class="tile" data-health=${look.edge} aria-label=${name}>
      <header class="tile-head">
        ${mark(account.platform, "l")}
        <div class="two"><h2 class="row-title">${platformLabel(account.platform)}</h2><span class="row-sub" title=${sub}>${sub}</span></div>
        <button class="button icon-button" data-kind="quiet" aria-haspopup="menu" aria-label=${words.moreFor(name)} @click=${menu}>${icon("more")}</button>
      </header>
      <p class="tile-health"><span class="state" data-state=${look.tone}>${icon(look.icon)}</span><span><strong class="state" data-state=${look.tone}>${look.word}</strong> <span class="quiet">${look.more}</span></span></p>
      <dl class="facts">
        ${look.facts.map(({ label: of, text, bar }) => html`<dt>${of}</dt><dd>${text}${bar ? html`<span class="bar" data-state="running"><progress max=${bar.max} value=${bar.value} aria-label=${of}></progress></span>` : nothing}</dd>`)}
        ${account.health.scopes.length > 0 ? html`<dt class="visually-hidden">${words.scopes}</dt><dd class="visually-hidden">${account.health.scopes.join(", ")}</dd>` : nothing}
      </dl>
      <footer class="tile-foot">
        <span>${look.urgent && row.unfinished > 0 ? words.waits(row.unfinished) : words.inQueue(row.unfinished)}${row.today.works > 0 ? html`<br>${words.worksToday(row.today.works)}` : nothing}${limit === null ? nothing : html`<br>${t().head.limit(rate(limit))}`}</span>
        <button class="button" data-size="s" data-kind=${look.urgent ? "primary" : nothing} ?disabled=${look.act === "check" && busy} @click=${run}>${label}</button>
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
  const proxy = spec?.settings.find((one) => one.name === PROXY);
  const proxyPassword = spec?.secrets.find((one) => one.name === PROXY_PASSWORD);
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
                : html`<details class="fold"><summary>${icon("chev-right")}${t().compose.more}</summary><div class="add-more">${advanced.filter(([one]) => one.name !== PROXY && one.name !== PROXY_PASSWORD).map(([one, kind]) => field(one, kind))}${proxy ? proxyFields(of, proxy, proxyPassword) : nothing}</div></details>`
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
