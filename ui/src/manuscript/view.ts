/** The form for new uploads: files, accounts, the common text, what differs for each platform, and preflight beside it. */
import { html, nothing, type TemplateResult } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";
import type { Field, Finding, OfferedFile, Priority, Spec } from "../bindings";
import { addAccount } from "../accounts/state";
import { icon, mark, tongue } from "../app/parts";
import { accounts, labelOf, platformLabel, say } from "../app/world";
import { fault, measure } from "../form/check";
import { type Counter, fieldView } from "../form/view";
import { faultWords } from "../form/words";
import { t } from "../i18n";
import { UNKNOWN, list, size } from "../i18n/format";
import { headline } from "../i18n/sentences";
import { offersOf, toggleTyped, typed } from "./offers";
import * as state from "./state";

const PRIORITIES: Priority[] = ["low", "normal", "high"];

export function manuscriptView(): TemplateResult {
  const { compose } = t();
  const good = state.good.value;
  const total = good.reduce((sum, file) => sum + file.size_bytes, 0);
  return html`
    <header class="topbar">
      <h1>${compose.title}</h1>
      <p class="topbar-note cut">${good.length > 0 ? compose.note(good.length, size(total)) : nothing}</p>
      <div class="topbar-end">${checksToggle()}</div>
    </header>
    <div class="compose" ?data-checks=${state.showChecks.value} @keydown=${keys}>
      <div class="scroll">
        <form class="form" @submit=${(event: Event) => (event.preventDefault(), void state.add())}>
          ${filesView()}${accountsPart()}${commonPart()}${platformsPart()}
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
    void state.add();
  } else if (event.key === "F8") {
    event.preventDefault();
    const cures = [...document.querySelectorAll<HTMLElement>(".rule[data-level=over] .rule-cure, .rule[data-level=near] .rule-cure")];
    if (cures.length === 0) return;
    if (document.querySelector<HTMLElement>(".preflight")?.offsetParent === null) state.showChecks.value = true;
    finding = (finding + (event.shiftKey ? -1 : 1) + cures.length) % cures.length;
    cures[finding]?.click();
  } else if (event.altKey && event.key.toLowerCase() === "l") {
    event.preventDefault();
    target?.closest(".field")?.querySelector<HTMLElement>(".link-toggle")?.click();
  } else if (event.key === "Escape" && state.showChecks.value) {
    state.showChecks.value = false;
  }
}
let finding = -1;

// ---- Files

function filesView(): TemplateResult {
  const { compose } = t();
  const files = state.files.value;
  const [only] = files;
  if (!only)
    return html`<section class="form-part"><div class="no-files"><h2>${compose.noFiles}</h2><p>${compose.noFilesText}</p>
      <button type="button" class="button" data-kind="primary" @click=${() => void state.chooseFiles()}>${icon("plus")}${compose.choose}</button>${addressView()}</div></section>`;
  const bad = files.length - state.good.value.length;
  return html`
    <section class="form-part">
      <h2>${compose.files} <span>${compose.filesOf(state.good.value.length, bad)}</span></h2>
      <ul class="file-list">${repeat(files, (file) => file.file, fileLine)}</ul>
      ${state.several.value ? html`<p class="field-help">${compose.titlesFromNames}</p>` : nothing}
      <p class="drop-line">${icon("drop")}<span class="cut">${compose.dropLine}</span><button type="button" class="button" data-size="s" @click=${() => void state.chooseFiles()}>${compose.addMore}</button></p>
      ${addressView()}
      ${coverView()}
    </section>`;
}

/** A file that is online, for platforms that fetch files. */
function addressView(): TemplateResult {
  const { compose } = t();
  const address = state.address.value;
  if (address === null)
    return html`<div><button type="button" class="button" data-kind="quiet" data-size="s" @click=${() => (state.address.value = "")}>${compose.fromAddress}</button></div>`;
  const key = (event: KeyboardEvent) => {
    if (event.isComposing || (event.key !== "Enter" && event.key !== "Escape")) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === "Enter") void state.takeAddress();
    else state.address.value = null;
  };
  return html`
    <div class="field">
      <label class="field-label" for="compose-address">${compose.address}</label>
      <div class="address-line"><input id="compose-address" type="url" inputmode="url" autocomplete="off" spellcheck="false" placeholder="https://" .value=${address}
        @input=${(event: Event) => (state.address.value = (event.target as HTMLInputElement).value)} @keydown=${key}>
      <button type="button" class="button" ?disabled=${address.trim() === ""} @click=${() => void state.takeAddress()}>${compose.addAddress}</button></div>
      <p class="field-help">${compose.addressHelp}</p>
    </div>`;
}

function fileLine(file: OfferedFile): TemplateResult {
  const { compose } = t();
  return html`
    <li class="file-line" ?data-out=${file.cause !== null}>
      ${file.cause ? html`<span class="state" data-state="failed">${icon("s-failed")}</span>` : icon("film")}
      <span class="two"><span class="strong" title=${file.online ? file.folder : `${file.folder}/${file.name}`} lang=${tongue(file.name)}>${file.name}</span><span class="row-sub">${file.cause ? `${headline(file.cause)}, ${compose.out}` : file.folder}</span></span>
      <span class="file-size">${file.online ? UNKNOWN : size(file.size_bytes)}</span>
      <button type="button" class="button icon-button" data-kind="quiet" aria-label=${compose.remove(file.name)} title=${compose.remove(file.name)} @click=${() => state.leaveOut(file)}>${icon("x")}</button>
    </li>`;
}

function coverView(): TemplateResult | typeof nothing {
  const { compose } = t();
  if (!state.platforms.value.some((spec) => spec.limits.cover !== null || spec.fields.some((field) => field.kind === "image"))) return nothing;
  const image = state.cover.value;
  return html`
    <div class="cover-line">
      <span class="field-label">${compose.cover}</span>
      ${icon("image")}<span class="cut">${image ? image.name : html`<span class="faint">${compose.noCover}</span>`}</span>
      ${image ? html`<span class="faint">${size(image.size_bytes)}</span>` : nothing}
      <span class="cover-acts">
        <button type="button" class="button" data-size="s" @click=${() => void state.chooseCover()}>${image ? compose.changeCover : compose.chooseCover}</button>
        ${image ? html`<button type="button" class="button icon-button" data-size="s" data-kind="quiet" aria-label=${compose.dropCover} title=${compose.dropCover} @click=${() => (state.cover.value = null)}>${icon("x")}</button>` : nothing}
      </span>
    </div>`;
}

// ---- Accounts

function accountsPart(): TemplateResult {
  const { compose } = t();
  const rows = accounts.value;
  if (rows.length === 0)
    return html`<section class="form-part"><h2>${compose.accounts}</h2><p class="quiet">${compose.noAccounts}</p>
      <div><button type="button" class="button" @click=${addAccount}>${icon("plus")}${compose.addAccount}</button></div></section>`;
  return html`
    <section class="form-part">
      <h2>${compose.accounts} <span>${compose.accountsOf(state.chosen.value.size, rows.length)}</span></h2>
      <fieldset class="account-chips">
        <legend class="visually-hidden">${compose.accounts}</legend>
        ${rows.map((row) => {
          const { account } = row;
          return html`<label class="account-chip"><input type="checkbox" .checked=${state.chosen.value.has(account.id)} ?disabled=${!state.usable(row)}
            @change=${(event: Event) => state.choose(account.id, (event.target as HTMLInputElement).checked)}>${mark(account.platform)}<span>${platformLabel(account.platform)}</span><small>${
              state.usable(row) ? account.label : compose.signInAgain
            }</small></label>`;
        })}
      </fieldset>
    </section>`;
}

// ---- Text

const commonId = (name: string) => `common-${name}`;
const ownId = (platform: string, name: string) => `own-${platform}-${name}`;

/** The linked fields of the chosen platforms that limit a common field. */
const linkedTo = (name: string) =>
  state.platforms.value.flatMap((spec) => spec.fields.filter((field) => field.from === name && !state.hasOwn(spec, field)).map((field) => ({ spec, field })));

function commonPart(): TemplateResult | typeof nothing {
  const { compose } = t();
  const fields = state.common.value;
  if (fields.length === 0) return nothing;
  const [wide, small] = [fields.filter(({ name }) => ["title", "description", "tags"].includes(name)), fields.filter(({ name }) => !["title", "description", "tags"].includes(name))];
  return html`
    <section class="form-part">
      <h2>${compose.common} <span>${compose.commonNote}</span></h2>
      ${wide.map(({ name, field }) => commonField(name, field))}
      ${small.length === 0 ? nothing : html`<div class="pair">${small.map(({ name, field }) => commonField(name, field))}</div>`}
    </section>`;
}

function commonField(name: string, field: Field): TemplateResult {
  const { compose } = t();
  const value = state.values.value[name] ?? (field.kind === "choice" ? (field.default ?? "") : "");
  const counters: Counter[] = [];
  let error: string | null = null;
  const label = compose.field[name] ?? name;
  for (const { spec, field: linked } of linkedTo(name)) {
    if (!linked.max) continue;
    const length = measure(value, linked.max.of);
    counters.push({ platform: spec.name, length, max: linked.max.count });
    if (length > linked.max.count) error ??= compose.tooLongCommon(labelOf(spec.label), linked.max.count, length);
  }
  if (error === null && field.required && value.trim() === "" && state.touched.value.has(name)) error = t().form.needed(label);
  return fieldView({ id: commonId(name), field, value, label, error, counters, input: (next) => state.setValue(name, next), left: () => state.touch(name) });
}

function platformsPart(): TemplateResult | typeof nothing {
  const { compose } = t();
  if (state.platforms.value.length === 0) return nothing;
  return html`<section class="form-part" id="platforms"><h2>${compose.platforms}</h2>${repeat(state.platforms.value, (spec) => spec.name, platformView)}</section>`;
}

function platformView(spec: Spec): TemplateResult {
  const { compose, preflight } = t();
  const fields = state.fieldsOf(spec);
  const rows = state.chosenRows.value.filter((row) => row.account.platform === spec.name);
  const verdicts = state.verdicts.value.filter((verdict) => verdict.row.account.platform === spec.name);
  const red = Math.max(0, ...verdicts.map((verdict) => verdict.red));
  const amber = Math.max(0, ...verdicts.map((verdict) => verdict.amber));
  const owned = fields.filter((field) => field.from !== null && state.hasOwn(spec, field)).length;
  const note = fields.length === 0 ? compose.noFields : owned > 0 ? compose.ownCount(owned) : fields.some((field) => field.from !== null) ? compose.allLinked : "";
  const who = rows.map((row) => row.account.label).join(", ");
  const pill =
    red > 0
      ? html`<span class="pill" data-state="failed">${icon("s-failed")}${preflight.fix(red)}</span>`
      : amber > 0
        ? html`<span class="pill" data-state="waiting">${icon("s-warn")}${preflight.look(amber)}</span>`
        : verdicts.some((verdict) => verdict.ready > 0)
          ? html`<span class="pill" data-state="done">${icon("s-done")}${preflight.isReady}</span>`
          : nothing;
  const plain = fields.filter((field) => !field.advanced);
  const advanced = fields.filter((field) => field.advanced);
  return html`
    <details class="platform" ?open=${plain.some((field) => field.from === null)}>
      <summary>${icon("chev-right", "icon fold-arrow")}${mark(spec.name)}<strong class="strong">${labelOf(spec.label)}</strong><span class="faint cut">${note === "" ? who : `${who} · ${note}`}</span>${pill}</summary>
      ${
        fields.length === 0
          ? nothing
          : html`<div class="platform-fields">${plain.map((field) => platformField(spec, field))}
              ${advanced.length === 0 ? nothing : html`<details class="fold span-2"><summary>${icon("chev-right")}${compose.more}</summary><div class="platform-more">${advanced.map((field) => platformField(spec, field))}</div></details>`}
            </div>`
      }
    </details>`;
}

function platformField(spec: Spec, field: Field): TemplateResult {
  const { compose } = t();
  const value = state.valueOf(spec, field);
  const name = `${spec.name}.${field.name}`;
  const label = labelOf(field.label);
  const linked = field.from === null ? null : !state.hasOwn(spec, field);
  const offers = offersOf(spec, field);
  const found = fault(field, value, (beside) => {
    const other = spec.fields.find((one) => one.name === beside);
    return other ? state.valueOf(spec, other) : "";
  });
  const checked = state.findingOn(spec.name, field.name);
  // What is missing is said beside the field once somebody has been there; preflight says it at once.
  const said = found && (found.kind !== "needed" || state.touched.value.has(name)) ? faultWords(found, label, labelOf(spec.label)) : null;
  const refused = found === null && checked ? headline(checked.cause) : null;
  return fieldView({
    id: ownId(spec.name, field.name),
    field,
    value,
    label: linked === null ? label : compose.fieldFor(label, labelOf(spec.label)),
    error: linked === true ? null : (said ?? refused),
    counters: field.max ? [{ platform: spec.name, length: measure(value, field.max.of), max: field.max.count }] : [],
    input: (next) => state.setValue(name, next),
    left: () => state.touch(name),
    ...(linked === null ? {} : { linked: { is: linked, toggle: () => state.toggleLink(spec, field) } }),
    ...(offers.length === 0 ? {} : { offers: { choices: offers, typed: typed.value.has(name), toggle: () => toggleTyped(name) } }),
    wide: field.kind === "multiline" || field.kind === "tags" || (field.kind === "text" && field.from !== null),
  });
}

// ---- Preflight

function checksToggle(): TemplateResult {
  const { preflight } = t();
  const red = state.verdicts.value.reduce((sum, verdict) => sum + verdict.red, 0);
  const amber = state.verdicts.value.reduce((sum, verdict) => sum + verdict.amber, 0);
  const [tone, picture] = red > 0 ? ["over", "s-failed"] : amber > 0 ? ["near", "s-warn"] : ["ok", "s-done"];
  return html`<button class="button preflight-toggle" aria-pressed=${state.showChecks.value ? "true" : "false"} @click=${() => (state.showChecks.value = !state.showChecks.value)}>
    <span class="state" data-state=${tone}>${icon(picture)}</span>${preflight.toggle(red, amber)}</button>`;
}

function preflightView(): TemplateResult {
  const { preflight } = t();
  const verdicts = state.verdicts.value;
  const red = verdicts.reduce((sum, verdict) => sum + verdict.red, 0);
  const amber = verdicts.reduce((sum, verdict) => sum + verdict.amber, 0);
  const ready = verdicts.filter((verdict) => verdict.red === 0 && verdict.ready > 0).length;
  const sum = (tone: string, picture: string, words: string) => html`<span class="state" data-state=${tone}>${icon(picture)}${words}</span>`;
  return html`
    <aside class="preflight" aria-label=${preflight.title}>
      <header class="preflight-head">
        <h2>${preflight.title}</h2>
        <p class="preflight-sum">
          ${state.checking.value && state.checks.value.length === 0 ? preflight.checking : nothing}
          ${red > 0 ? sum("over", "s-failed", preflight.fix(red)) : nothing}${amber > 0 ? sum("near", "s-warn", preflight.look(amber)) : nothing}${ready > 0 ? sum("ok", "s-done", preflight.ready(ready)) : nothing}
        </p>
      </header>
      <div class="scroll" tabindex="0" role="region" aria-label=${preflight.title}>
        ${verdicts.length === 0 || state.good.value.length === 0 ? html`<p class="preflight-none">${preflight.none}</p>` : verdicts.map(verdictView)}
      </div>
    </aside>`;
}

function verdictView(verdict: state.Verdict): TemplateResult {
  const { preflight } = t();
  const { account } = verdict.row;
  const name = t().who(platformLabel(account.platform), account.label);
  const [tone, picture, words] =
    verdict.red > 0 ? ["over", "s-failed", preflight.fix(verdict.red)] : verdict.amber > 0 ? ["near", "s-warn", preflight.look(verdict.amber)] : ["ok", "s-done", preflight.isReady];
  const checked = verdict.findings.length > 0 || verdict.ready > 0;
  return html`
    <section class="verdict" aria-label=${name}>
      <h3 class="verdict-head">${mark(account.platform)}<span class="cut" title=${name}>${name}</span>${checked ? html`<span class="state" data-state=${tone}>${icon(picture)}${words}</span>` : nothing}</h3>
      <ul class="rules">
        ${verdict.findings.map(({ finding, file }) => ruleView(account.platform, finding, file))}
        ${verdict.findings.length === 0 && checked ? html`<li class="rule" data-level="ok"><span class="state icon" data-state="ok">${icon("s-done")}</span><div><p>${preflight.allGood}</p></div></li>` : nothing}
      </ul>
    </section>`;
}

function ruleView(platform: string, finding: Finding, file: OfferedFile | null): TemplateResult {
  const { preflight, compose } = t();
  const red = finding.severity === "red";
  const only = file ?? (state.several.value ? null : (state.good.value[0] ?? null));
  const text = say({ ...finding.cause, params: { ...(only ? { file: only.name } : {}), ...finding.cause.params } });
  const spec = state.platforms.value.find((one) => one.name === platform);
  const field = spec?.fields.find((one) => one.name === finding.field);
  const cure =
    state.isTwice(finding)
      ? state.again.value
        ? nothing
        : html`<button type="button" class="rule-cure" @click=${() => (state.again.value = true)}>${compose.again1}</button>`
      : spec && field
        ? html`<button type="button" class="rule-cure" @click=${() => goTo(spec, field)}>${preflight.goTo(labelOf(field.label))}</button>`
        : nothing;
  return html`
    <li class="rule" data-level=${red ? "over" : "near"}>
      <span class="state icon" data-state=${red ? "over" : "near"}>${icon(red ? "s-failed" : "s-warn")}</span>
      <div><p>${file && !text.includes(file.name) ? preflight.forFile(file.name, text) : text}</p>${cure}</div>
    </li>`;
}

/** To the field that cures a finding: the common one while it is linked. */
function goTo(spec: Spec, field: Field): void {
  state.showChecks.value = false;
  const id = field.from !== null && !state.hasOwn(spec, field) ? commonId(field.from) : ownId(spec.name, field.name);
  state.touch(field.from !== null && !state.hasOwn(spec, field) ? field.from : `${spec.name}.${field.name}`);
  requestAnimationFrame(() => {
    const control = document.getElementById(id);
    for (let fold = control?.closest("details"); fold; fold = fold.parentElement?.closest("details")) fold.open = true;
    control?.focus();
    control?.scrollIntoView({ block: "center" });
  });
}

// ---- Foot

function footView(): TemplateResult {
  const { compose } = t();
  const blocked = state.blocked.value;
  const n = state.addable.value;
  const names = list([...new Set(blocked.map((verdict) => platformLabel(verdict.row.account.platform)))]);
  const busy = state.adding.value;
  return html`
    <footer class="formbar">
      <p class="quiet cut" title=${blocked.length > 0 ? compose.blocked(names) : nothing}>${blocked.length > 0 ? compose.blocked(names) : nothing}</p>
      <div class="formbar-end">
        <label class="check formbar-hold" title=${compose.holdNote}><input type="checkbox" .checked=${state.hold.value} @change=${(event: Event) => (state.hold.value = (event.target as HTMLInputElement).checked)}>${compose.hold}</label>
        <label class="formbar-priority"><span class="visually-hidden">${compose.priority}</span><span class="select" data-size="s"><select @change=${(event: Event) => (state.priority.value = (event.target as HTMLSelectElement).value as Priority)} title=${compose.priority}>
          ${PRIORITIES.map((one) => html`<option value=${one} ?selected=${state.priority.value === one}>${compose.priorities[one]}</option>`)}
        </select>${icon("chev-down")}</span></label>
        <button class="button" @click=${state.discard}>${compose.discard}</button>
        <button class="button" data-kind="primary" title="Ctrl Enter" ?disabled=${n === 0 || busy || state.checking.value} @click=${() => void state.add()}>${busy ? compose.adding : n > 0 ? compose.add(n) : compose.addNone}</button>
      </div>
    </footer>`;
}
