/** The settings of networks: what uploads may do on each one that was decided on, on those of each kind, and what may go for now. */
import { html, nothing, type TemplateResult } from "lit-html";
import type { ClassRule, Link, NetworkDay, NetworkStatus, Rule, RuleFor } from "../bindings";
import { icon } from "../app/parts";
import { network } from "../app/world";
import { t } from "../i18n";
import { clock, num, size } from "../i18n/format";
import { printable } from "../i18n/sentences";
import { endHour, endUploads, setBudget, setRule } from "./state";
import { linkIcon, linkKind, linkName, ruleWord } from "./words";

const CAPS = [500_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000];
const CLASS_ICONS: Record<ClassRule["class"], string> = { metered: "hotspot", cellular: "hotspot", cable: "ethernet", free_wifi: "wifi", wifi: "wifi", tunnel: "shield", other: "globe", untold: "globe" };

/** Those that lie under a tunnel are in use as well. */
const linksOf = (link: Link): Link[] => (link.online ? [link, ...(link.under ? linksOf(link.under) : [])] : []);

const asText = (rule: Rule) => (rule.do === "cap" ? `cap ${rule.bytes_per_second}` : rule.do);
const asRule = (text: string): Rule => (text.startsWith("cap ") ? { do: "cap", bytes_per_second: Number(text.slice(4)) } : { do: text as "go" | "wait" | "ask" });

function choice(name: string, rule: Rule | null, none: string | null, set: (rule: Rule) => void): TemplateResult {
  const caps = [...new Set([...CAPS, ...(rule?.do === "cap" ? [rule.bytes_per_second] : [])])].sort((a, b) => a - b);
  const all: Rule[] = [{ do: "go" }, ...caps.map((bytes_per_second) => ({ do: "cap" as const, bytes_per_second })), { do: "ask" }, { do: "wait" }];
  const chosen = rule && asText(rule);
  return html`
    <span class="select" data-size="s"><select aria-label=${t().network.uploadsOn(name)} @change=${(event: Event) => {
      const { value } = event.target as HTMLSelectElement;
      if (value !== "") set(asRule(value));
    }}>
      ${none === null ? nothing : html`<option value="" ?selected=${chosen === null} .selected=${chosen === null}>${none}</option>`}
      ${all.map((one) => html`<option value=${asText(one)} .selected=${asText(one) === chosen}>${ruleWord(one)}</option>`)}
    </select>${icon("chev-down")}</span>`;
}

const GB = 1_000_000_000;
const BUDGETS = [0.5, 1, 2, 5, 10, 20, 50].map((n) => n * GB);

/** How much may go in a day, and what has gone. */
function day(name: string, of: RuleFor, { sent_bytes, budget_bytes }: NetworkDay): TemplateResult {
  const { network: words } = t();
  const all = [null, ...[...new Set([...BUDGETS, ...(budget_bytes === null ? [] : [budget_bytes])])].sort((a, b) => a - b)];
  return html`
    <span class="select" data-size="s"><select aria-label=${words.budgetOf(name)} @change=${(event: Event) => {
      const { value } = event.target as HTMLSelectElement;
      void setBudget(of, value === "" ? null : Number(value));
    }}>${all.map((one) => html`<option value=${one ?? ""} .selected=${one === budget_bytes}>${one === null ? words.noBudget : size(one)}</option>`)}</select>${icon("chev-down")}</span>
    ${sent_bytes > 0 ? html`<small>${words.today(size(sent_bytes))}</small>` : nothing}`;
}

function line(picture: string, name: string, note: string, select: TemplateResult, budget: TemplateResult, forget: { label: string; run: () => void } | null): TemplateResult {
  return html`
    <tr>
      <th scope="row"><div class="who">${icon(picture)}<span>${name}<small>${note}</small></span></div></th>
      <td>${select}</td>
      <td>${budget}</td>
      <td>${forget ? html`<button class="button icon-button" data-kind="quiet" aria-label=${forget.label} title=${forget.label} @click=${forget.run}>${icon("undo")}</button>` : nothing}</td>
    </tr>`;
}

function networkLines(status: NetworkStatus): TemplateResult[] {
  const { network: words } = t();
  const used = linksOf(status.link);
  const known = status.networks.map(({ key, name, rule, day: spent }) => {
    const link = used.find((one) => one.key === key);
    const of: RuleFor = { of: "known", key };
    const label = name === "" ? words.unnamed : printable(name);
    const select = choice(label, rule, null, (next) => void setRule(of, next));
    return line(link ? linkIcon(link) : "globe", label, link ? words.inUse(linkKind(link)) : words.notInUse, select, day(label, of, spent), { label: words.forget(label), run: () => void setRule(of, null) });
  });
  const [here] = used;
  if (here?.key == null || status.networks.some((one) => one.key === here.key)) return known;
  const name = linkName(here);
  const select = choice(name, null, words.byKind, (next) => void setRule({ of: "this" }, next));
  return [line(linkIcon(here), name, words.inUse(linkKind(here)), select, day(name, { of: "this" }, status.day), null), ...known];
}

function classLine({ class: of, rule, is_default, day: spent }: ClassRule): TemplateResult {
  const { network: words } = t();
  const named: RuleFor = { of: "class", class: of };
  const { name, note } = words.classes[of];
  const forget = is_default ? null : { label: words.asBefore(name), run: () => void setRule(named, null) };
  return line(CLASS_ICONS[of], name, note, choice(name, rule, null, (next) => void setRule(named, next)), day(name, named, spent), forget);
}

function passes({ pass }: NetworkStatus): TemplateResult | typeof nothing {
  const { network: words } = t();
  const one = (text: string, end: () => void) =>
    html`<div class="setting"><p>${text}</p><button class="button" data-size="s" @click=${end}>${words.end}</button></div>`;
  if (pass.until_ms === null && pass.uploads.length === 0) return nothing;
  return html`<div class="setting-list">
    ${pass.until_ms === null ? nothing : one(words.passUntil(clock(pass.until_ms)), () => void endHour())}
    ${pass.uploads.length === 0 ? nothing : one(words.passUploads(num(pass.uploads.length), pass.uploads.length), () => void endUploads())}
  </div>`;
}

export function networkSettings(): TemplateResult | typeof nothing {
  const status = network.value;
  if (!status) return nothing;
  const { network: words } = t();
  // Where something tells of networks, what could not be told matters to nobody.
  const classes = status.classes.filter((one) => one.class !== "untold" || !one.is_default || status.class === "untold");
  return html`
    <section class="setting-group" id="network">
      <h2>${words.title}</h2>
      <p>${words.text}</p>
      <div class="rules-frame">
        <table class="rules-table">
          <thead><tr><th scope="col">${words.columns.network}</th><th scope="col">${words.columns.uploads}</th><th scope="col">${words.columns.day}</th><th scope="col"><span class="visually-hidden">${words.columns.forget}</span></th></tr></thead>
          <tbody>${networkLines(status)}${classes.map(classLine)}</tbody>
        </table>
      </div>
      ${passes(status)}
    </section>`;
}
