/** What each account would refuse, beside the form, and the way to the field that cures it. */
import { html, nothing, type TemplateResult } from "lit-html";
import type { Field, Finding, OfferedFile, Spec } from "../bindings";
import { icon, mark } from "../app/parts";
import { labelOf, platformLabel, say } from "../app/world";
import { t } from "../i18n";
import { checking, checks, isTwice, showChecks, type Verdict, verdicts } from "./checks";
import { hasOwn } from "./fields";
import { commonId, ownId } from "./fields-view";
import { good, picked, platforms, several, touch } from "./form";
import { again } from "./times";

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
        ${verdict.findings.map(({ finding, file }) => ruleView(account.platform, finding, file))}
        ${verdict.findings.length === 0 && checked ? html`<li class="rule" data-level="ok"><span class="state icon" data-state="ok">${icon("s-done")}</span><div><p>${preflight.allGood}</p></div></li>` : nothing}
      </ul>
    </section>`;
}

function ruleView(platform: string, finding: Finding, file: OfferedFile | null): TemplateResult {
  const { preflight, compose } = t();
  const red = finding.severity === "red";
  const only = file ?? (several.value ? null : (good.value[0] ?? null));
  const text = say({ ...finding.cause, params: { ...(only ? { file: only.name } : {}), ...finding.cause.params } });
  const spec = platforms.value.find((one) => one.name === platform);
  const field = spec?.fields.find((one) => one.name === finding.field);
  const cure =
    isTwice(finding)
      ? again.value
        ? nothing
        : html`<button type="button" class="rule-cure" @click=${() => (again.value = true)}>${compose.again1}</button>`
      : spec && field
        ? html`<button type="button" class="rule-cure" @click=${() => goTo(spec, field, file)}>${preflight.goTo(labelOf(field.label))}</button>`
        : nothing;
  return html`
    <li class="rule" data-level=${red ? "over" : "near"}>
      <span class="state icon" data-state=${red ? "over" : "near"}>${icon(red ? "s-failed" : "s-warn")}</span>
      <div><p>${file && !text.includes(file.name) ? preflight.forFile(file.name, text) : text}</p>${cure}</div>
    </li>`;
}

/** To the field that cures a finding: of its file, and the common one while it is linked. */
function goTo(spec: Spec, field: Field, file: OfferedFile | null): void {
  if (file) picked.value = file.file;
  showChecks.value = false;
  const id = field.from !== null && !hasOwn(spec, field) ? commonId(field.from) : ownId(spec.name, field.name);
  touch(field.from !== null && !hasOwn(spec, field) ? field.from : `${spec.name}.${field.name}`);
  requestAnimationFrame(() => {
    const control = document.getElementById(id);
    for (let fold = control?.closest("details"); fold; fold = fold.parentElement?.closest("details")) fold.open = true;
    control?.focus();
    control?.scrollIntoView({ block: "center" });
  });
}
