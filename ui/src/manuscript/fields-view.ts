/** The common text, and what differs for each platform. */
import { html, nothing, type TemplateResult } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";
import type { Field, Spec } from "../bindings";
import { icon, mark } from "../app/parts";
import { labelOf } from "../app/world";
import { fault, measure, splitTags } from "../form/check";
import { type Counter, fieldView } from "../form/view";
import { faultWords } from "../form/words";
import { t } from "../i18n";
import { headline } from "../i18n/sentences";
import { findingOn, verdicts } from "./checks";
import { common, differing, fieldsOf, hasOwn, isShared, mayDiffer, setValue, toggleLink, toggleShared, valueOf } from "./fields";
import { chosenRows, edited, platforms, several, touch, touched, values } from "./form";
import { becomes } from "../templates/state";
import { ageOf, offersOf, toggleTyped, typed } from "./offers";

export const commonId = (name: string) => `common-${name}`;
export const ownId = (platform: string, name: string) => `own-${platform}-${name}`;

/** The linked fields of the chosen platforms that limit a common field. */
const linkedTo = (name: string) =>
  platforms.value.flatMap((spec) => spec.fields.filter((field) => field.from === name && !hasOwn(spec, field)).map((field) => ({ spec, field })));

export function commonPart(): TemplateResult | typeof nothing {
  const { compose } = t();
  const fields = common.value;
  if (fields.length === 0) return nothing;
  const one = several.value ? edited.value : null;
  const [head, note] = one ? [compose.forVideo, one.name] : [compose.common, several.value ? compose.commonNoteAll : compose.commonNote];
  const [wide, small] = [fields.filter(({ name }) => ["title", "description", "tags"].includes(name)), fields.filter(({ name }) => !["title", "description", "tags"].includes(name))];
  return html`
    <section class="form-part">
      <h2>${head} <span class="cut">${note}</span></h2>
      ${wide.map(({ name, field }) => commonField(name, field))}
      ${small.length === 0 ? nothing : html`<div class="pair">${small.map(({ name, field }) => commonField(name, field))}</div>`}
    </section>`;
}

/** The length, or how many entries there are, where a platform bounds them. */
function countersOf({ name: platform }: Spec, field: Field, value: string): Counter[] {
  if (field.tags && !field.max) return [{ platform, length: splitTags(value).length, max: field.tags.count }];
  return field.max ? [{ platform, length: measure(value, field.max.of), max: field.max.count }] : [];
}

function commonField(name: string, field: Field): TemplateResult {
  const { compose } = t();
  const value = values.value[name] ?? (field.kind === "choice" ? (field.default ?? "") : "");
  const counters: Counter[] = [];
  let error: string | null = null;
  const label = compose.field[name] ?? name;
  for (const { spec, field: linked } of linkedTo(name)) {
    counters.push(...countersOf(spec, linked, becomes(name, value)));
    if (!linked.max) continue;
    const length = measure(becomes(name, value), linked.max.of);
    if (length > linked.max.count) error ??= compose.tooLongCommon(labelOf(spec.label), linked.max.count, length);
  }
  if (error === null && field.required && value.trim() === "" && touched.value.has(name)) error = t().form.needed(label);
  const others = several.value && edited.value === null && name !== "title" ? differing(name) : 0;
  return fieldView({
    id: commonId(name),
    field,
    value,
    label,
    error,
    counters,
    input: (next) => setValue(name, next),
    left: () => touch(name),
    ...(others > 0 ? { help: compose.differs(others) } : {}),
    ...(mayDiffer(name) ? { linked: { is: isShared(name), toggle: () => toggleShared(name, value), words: t().compose.shared } } : {}),
  });
}

export function platformsPart(): TemplateResult | typeof nothing {
  const { compose } = t();
  if (platforms.value.length === 0) return nothing;
  return html`<section class="form-part" id="platforms"><h2>${compose.platforms}</h2>${repeat(platforms.value, (spec) => spec.name, platformView)}</section>`;
}

function platformView(spec: Spec): TemplateResult {
  const { compose, preflight } = t();
  const fields = fieldsOf(spec);
  const rows = chosenRows.value.filter((row) => row.account.platform === spec.name);
  const checked = verdicts.value.filter((verdict) => verdict.row.account.platform === spec.name);
  const red = Math.max(0, ...checked.map((verdict) => verdict.red));
  const amber = Math.max(0, ...checked.map((verdict) => verdict.amber));
  const owned = fields.filter((field) => field.from !== null && hasOwn(spec, field)).length;
  const note = fields.length === 0 ? compose.noFields : owned > 0 ? compose.ownCount(owned) : fields.some((field) => field.from !== null) ? compose.allLinked : "";
  const who = rows.map((row) => row.account.label).join(", ");
  const pill =
    red > 0
      ? html`<span class="pill" data-state="failed">${icon("s-failed")}${preflight.fix(red)}</span>`
      : amber > 0
        ? html`<span class="pill" data-state="waiting">${icon("s-warn")}${preflight.look(amber)}</span>`
        : checked.some((verdict) => verdict.ready > 0)
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
  const value = valueOf(spec, field);
  const name = `${spec.name}.${field.name}`;
  const label = labelOf(field.label);
  const ofAll = field.from === null && mayDiffer(name);
  const linked = ofAll ? isShared(name) : field.from === null ? null : !hasOwn(spec, field);
  const toggle = () => (ofAll ? toggleShared(name, value) : toggleLink(spec, field));
  const offers = offersOf(spec, field);
  const age = ageOf(spec, field);
  const sent = becomes(hasOwn(spec, field) || field.from === null ? name : field.from, value);
  const found = fault(field, sent, (beside) => {
    const other = spec.fields.find((one) => one.name === beside);
    return other ? valueOf(spec, other) : "";
  });
  const checked = findingOn(spec.name, field.name);
  // What is missing is said beside the field once somebody has been there; preflight says it at once.
  const said = found && (found.kind !== "needed" || touched.value.has(name)) ? faultWords(found, label, labelOf(spec.label)) : null;
  const refused = found === null && checked ? headline(checked.cause) : null;
  return fieldView({
    id: ownId(spec.name, field.name),
    field,
    value,
    label: field.from === null ? label : compose.fieldFor(label, labelOf(spec.label)),
    error: linked === true ? null : (said ?? refused),
    counters: countersOf(spec, field, sent),
    input: (next) => setValue(name, next),
    left: () => touch(name),
    ...(linked === null ? {} : { linked: { is: linked, toggle, ...(ofAll ? { words: compose.shared } : {}) } }),
    ...(age === null ? {} : { help: compose.listOf(labelOf(spec.label), age) }),
    ...(offers.length === 0 ? {} : { offers: { choices: offers, typed: typed.value.has(name), toggle: () => toggleTyped(name) } }),
    wide: field.kind === "multiline" || field.kind === "tags" || (field.kind === "text" && field.from !== null),
  });
}
