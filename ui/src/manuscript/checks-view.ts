/** What each account would refuse, beside the form, and the way to the field that cures it. */
import { html, nothing, type TemplateResult } from "lit-html";
import type { AccountRow, Field, Finding, OfferedFile, Spec } from "../bindings";
import { signIn } from "../accounts/signing";
import { editAccount, nameOf } from "../accounts/state";
import { icon, mark } from "../app/parts";
import { say as toast } from "../app/toast";
import { labelOf, platformLabel, say, screen } from "../app/world";
import { cured, refusedAt } from "../form/cures";
import { t } from "../i18n";
import { clock, zone } from "../i18n/format";
import { checking, checks, showChecks, type Verdict, verdicts } from "./checks";
import { chooseCover } from "./cover";
import { hasOwn, setValue, toggleLink, valueOf } from "./fields";
import { commonId, ownId } from "./fields-view";
import { edited, good, picked, platforms, several, touch } from "./form";
import { again, startAtMs } from "./times";

const PUBLISH_AT = "publish_at";

export function checksToggle(): TemplateResult {
  const { preflight } = t();
  const red = verdicts.value.reduce((sum, verdict) => sum + verdict.red, 0);
  const amber = verdicts.value.reduce((sum, verdict) => sum + verdict.amber, 0);
  const [tone, picture] = red > 0 ? ["over", "s-failed"] : amber > 0 ? ["near", "s-warn"] : ["ok", "s-done"];
  return html`<button class="button preflight-toggle" aria-pressed=${showChecks.value ? "true" : "false"} @click=${() => (showChecks.value = !showChecks.value)}>
    <span class="state" data-state=${tone}>${icon(picture)}</span>${preflight.toggle(red, amber)}</button>`;
}

export function preflightView(): TemplateResult {
  const { preflight } = t();
  const all = verdicts.value;
  const red = all.reduce((sum, verdict) => sum + verdict.red, 0);
  const amber = all.reduce((sum, verdict) => sum + verdict.amber, 0);
  const ready = all.filter((verdict) => verdict.red === 0 && verdict.ready > 0).length;
  const sum = (tone: string, picture: string, words: string) => html`<span class="state" data-state=${tone}>${icon(picture)}${words}</span>`;
  return html`
    <aside class="preflight" aria-label=${preflight.title}>
      <header class="preflight-head">
        <h2>${preflight.title}</h2>
        <p class="preflight-sum">
          ${checking.value && checks.value.length === 0 ? preflight.checking : nothing}
          ${red > 0 ? sum("over", "s-failed", preflight.fix(red)) : nothing}${amber > 0 ? sum("near", "s-warn", preflight.look(amber)) : nothing}${ready > 0 ? sum("ok", "s-done", preflight.ready(ready)) : nothing}
        </p>
      </header>
      <div class="scroll" tabindex="0" role="region" aria-label=${preflight.title}>
        ${all.length === 0 || good.value.length === 0 ? html`<p class="preflight-none">${preflight.none}</p>` : all.map(verdictView)}
      </div>
    </aside>`;
}

function verdictView(verdict: Verdict): TemplateResult {
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
        ${verdict.findings.map(({ finding, file }) => ruleView(verdict.row, finding, file))}
        ${verdict.findings.length === 0 && checked ? html`<li class="rule" data-level="ok"><span class="state icon" data-state="ok">${icon("s-done")}</span><div><p>${preflight.allGood}</p></div></li>` : nothing}
      </ul>
    </section>`;
}

const LEVELS = { red: ["over", "s-failed"], amber: ["near", "s-warn"], green: ["ok", "s-done"] } as const;

function ruleView(row: AccountRow, finding: Finding, file: OfferedFile | null): TemplateResult {
  const { preflight } = t();
  const [level, picture] = LEVELS[finding.severity];
  const only = file ?? (several.value ? null : (good.value[0] ?? null));
  const text = say({ ...finding.cause, params: { ...(only ? { file: only.name } : {}), ...finding.cause.params } });
  const cures = finding.severity === "green" ? [] : curesOf(row, finding, file);
  return html`
    <li class="rule" data-level=${level} tabindex="-1">
      <span class="state icon" data-state=${level}>${icon(picture)}</span>
      <div><p>${file && !text.includes(file.name) ? preflight.forFile(file.name, text) : text}</p>${cures.length === 0 ? nothing : html`<p class="rule-cures">${cures}</p>`}</div>
    </li>`;
}

/** What a person can do about it with one click. The way to the field comes first: it changes nothing. */
function curesOf(row: AccountRow, finding: Finding, file: OfferedFile | null): TemplateResult[] {
  const { preflight, compose } = t();
  const { account } = row;
  const spec = platforms.value.find((one) => one.name === account.platform);
  const field = spec?.fields.find((one) => one.name === finding.field);
  const button = (words: string, act: () => void, goes = false) => html`<button type="button" class="rule-cure" ?data-goes=${goes} @click=${act}>${words}</button>`;
  const wayToTime = () => button(preflight.goTo(compose.field[PUBLISH_AT] ?? ""), () => show(commonId(PUBLISH_AT), file), true);
  const { cure } = finding;
  if (cure === null) return [];
  switch (cure.do) {
    case "upload_again":
      return again.value ? [] : [button(compose.again1, () => (again.value = true))];
    case "sign_in":
      return [button(preflight.signIn, () => signInTo(row))];
    case "choose_cover":
      return [button(preflight.chooseCover, () => void chooseCover())];
    case "start_now":
      return [button(compose.startNow, () => (startAtMs.value = null))];
    case "set_time": {
      const name = timeName(spec, field);
      const earliest = `${clock(cure.at_ms, Date.now())} ${zone(cure.at_ms)}`;
      return [wayToTime(), button(preflight.setTime(earliest), () => setValue(name, new Date(cure.at_ms).toISOString()))];
    }
    default: {
      if (!field && finding.field === PUBLISH_AT) return [wayToTime()];
      if (!spec || !field) return [];
      const way = button(preflight.goTo(labelOf(field.label)), () => goTo(spec, field, file), true);
      // The text of another video is not the one that is written now.
      const text = file === null || file.file === edited.value?.file ? cured(cure, field, valueOf(spec, field)) : null;
      return text === null || text === "" ? [way] : [way, button(preflight.cures[cure.do], () => replace(spec, field, text))];
    }
  }
}

/** The value that a time of publishing comes from. */
function timeName(spec: Spec | undefined, field: Field | undefined): string {
  if (spec && field && (field.from !== PUBLISH_AT || hasOwn(spec, field))) return `${spec.name}.${field.name}`;
  return PUBLISH_AT;
}

/** On the platform's page, or by a new secret where it has none. The form stays as it is. */
function signInTo(row: AccountRow): void {
  screen.value = "accounts";
  if (row.signs_in) void signIn(row, nameOf(row));
  else editAccount(row.account.id);
}

/** Gives the platform's field the text that the cure made, as its own; what it had can be taken back. */
function replace(spec: Spec, field: Field, text: string): void {
  const [name, before, had] = [`${spec.name}.${field.name}`, valueOf(spec, field), hasOwn(spec, field)];
  setValue(name, text);
  const label = labelOf(field.label);
  toast({ text: t().preflight.cured(label), undo: () => (had ? setValue(name, before) : toggleLink(spec, field)) });
}

/** To the field that cures a finding: of its file, the common one while it is linked, at the character that is refused. */
function goTo(spec: Spec, field: Field, file: OfferedFile | null): void {
  const linked = field.from !== null && !hasOwn(spec, field);
  const id = linked ? commonId(field.from ?? "") : ownId(spec.name, field.name);
  touch(linked ? (field.from ?? "") : `${spec.name}.${field.name}`);
  const at = refusedAt(valueOf(spec, field), field.refuses);
  show(id, file, (control) => {
    if (at && field.kind !== "tags") control.setSelectionRange(at.from, at.to);
  });
}

function show(id: string, file: OfferedFile | null, then?: (control: HTMLInputElement | HTMLTextAreaElement) => void): void {
  if (file) picked.value = file.file;
  showChecks.value = false;
  requestAnimationFrame(() => {
    const control = document.getElementById(id);
    for (let fold = control?.closest("details"); fold; fold = fold.parentElement?.closest("details")) fold.open = true;
    control?.focus();
    if (control instanceof HTMLInputElement || control instanceof HTMLTextAreaElement) then?.(control);
    control?.scrollIntoView({ block: "center" });
  });
}

let shown = -1;
/** Goes to the next or the previous finding: to its field, or to the finding itself where it is on none. */
export function nextFinding(by: 1 | -1): void {
  const all = [...document.querySelectorAll<HTMLElement>(".rule[data-level=over], .rule[data-level=near]")];
  if (all.length === 0) return;
  shown = shown < 0 && by < 0 ? all.length - 1 : (shown + by + all.length) % all.length;
  const way = all[shown]?.querySelector<HTMLElement>(".rule-cure[data-goes]");
  if (way) return way.click();
  showChecks.value = true;
  requestAnimationFrame(() => {
    all[shown]?.focus();
    all[shown]?.scrollIntoView({ block: "nearest" });
  });
}
