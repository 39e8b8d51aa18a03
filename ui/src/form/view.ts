/** Draws any field: a template per kind, its error beside it and tied to it. Values come in and go out as text. */
import { html, nothing, type TemplateResult } from "lit-html";
import { live } from "lit-html/directives/live.js";
import type { Field, FieldChoice } from "../bindings";
import { icon, mark } from "../app/parts";
import { say } from "../app/toast";
import { backend, labelOf, sayThrown } from "../app/world";
import { t } from "../i18n";
import { joinTags, level, localTime, rfc3339, splitTags } from "./check";

export interface Counter {
  platform: string;
  length: number;
  max: number;
}

/** What a field is linked to, and that it is not. */
export interface LinkWords {
  linked: string;
  own: string;
  linkTitle: string;
  unlinkTitle: string;
}

export interface FieldLook {
  id: string;
  field: Field;
  value: string;
  input: (value: string) => void;
  label?: string;
  error?: string | null;
  help?: string;
  counters?: Counter[];
  /** Whether it takes the common value; absent where it cannot. */
  linked?: { is: boolean; toggle: () => void; words?: LinkWords };
  /** What the platform offers for it, and whether it is typed all the same. */
  offers?: { choices: readonly FieldChoice[]; typed: boolean; toggle: () => void };
  wide?: boolean;
  placeholder?: string;
  left?: () => void;
}

/** Few enough to be seen at once. */
const CHOICES_SHOWN = 3;

const text = (event: Event) => (event.target as HTMLInputElement).value;

export function fieldView(look: FieldLook): TemplateResult {
  const { field, id } = look;
  const { form } = t();
  const label = look.label ?? labelOf(field.label);
  const helpText = look.linked?.is === true ? "" : (look.help ?? (labelOf(field.help) || (field.kind === "tags" ? form.tagHelp : field.kind === "secret" ? form.secretHelp : "")));
  const error = look.error ?? null;
  const counters = look.counters ?? [];
  const described = [error === null ? "" : `${id}-error`, helpText === "" || error !== null ? "" : `${id}-help`, counters.length > 0 ? `${id}-counts` : ""].filter((part) => part !== "").join(" ");
  const need = field.required ? html` <span class="field-need">${form.required}</span>` : nothing;
  const foot =
    error === null && helpText === "" && counters.length === 0
      ? nothing
      : html`<div class="field-foot">
          ${error === null ? (helpText === "" ? nothing : html`<p class="field-help" id=${`${id}-help`}>${helpText}</p>`) : html`<p class="field-error" id=${`${id}-error`}>${icon("s-failed")}<span>${error}</span></p>`}
          ${counters.length === 0 ? nothing : countersView(id, counters)}
        </div>`;
  const link = look.linked ? linkToggle(look.linked) : nothing;
  const part = look.wide ? "field span-2" : "field";

  if (field.kind === "bool") {
    const on = look.value === "1" || look.value === "true";
    const [yes, no] = /^(true|false)$/.test(field.default ?? "true") ? ["true", "false"] : ["1", "0"];
    return html`<div class=${part} data-field=${id}>
      <div class="choice"><label class="check"><input type="checkbox" id=${id} .checked=${live(on)} aria-describedby=${described || nothing} @change=${(event: Event) => look.input((event.target as HTMLInputElement).checked ? yes : no)}>${label}</label>${link}</div>${foot}
    </div>`;
  }
  if (field.kind === "choice" && field.choices.length <= CHOICES_SHOWN && field.choices.length > 0) {
    return html`<fieldset class=${part} data-field=${id} aria-describedby=${described || nothing}>
      <legend class="field-label">${label}${need}</legend>
      <div class="choice">${field.choices.map(
        (choice, n) => html`<label class="check"><input type="radio" name=${id} id=${n === 0 ? id : `${id}-${choice.value}`} .checked=${live(look.value === choice.value)} @change=${() => look.input(choice.value)}>${labelOf(choice.label)}</label>`,
      )}${link}</div>${foot}
    </fieldset>`;
  }
  const chosen = look.offers && field.kind !== "tags" ? typeToggle(look.offers) : nothing;
  const head = look.linked || chosen !== nothing
    ? html`<div class="field-label"><label for=${id}>${label}${need}</label>${chosen}${link}</div>`
    : html`<label class="field-label" for=${id}>${label}${need}</label>`;
  return html`<div class=${part} data-field=${id}>${head}${control(look, described, error !== null)}${foot}</div>`;
}

function linkToggle({ is, toggle, words }: NonNullable<FieldLook["linked"]>) {
  const compose = words ?? t().compose;
  return html`<button type="button" class="link-toggle" aria-pressed=${is ? "true" : "false"} title=${`${is ? compose.linkTitle : compose.unlinkTitle} (Alt L)`} @click=${toggle}>${icon(is ? "link" : "unlink")}${is ? compose.linked : compose.own}</button>`;
}

function typeToggle({ typed, toggle }: { typed: boolean; toggle: () => void }) {
  const { form } = t();
  return html`<button type="button" class="link-toggle" aria-pressed=${typed ? "true" : "false"} title=${form.typeTitle} @click=${toggle}>${form.typeIt}</button>`;
}

function countersView(id: string, counters: readonly Counter[]) {
  return html`<ul class="counters" id=${`${id}-counts`}>${counters.map(({ platform, length, max }) => {
    const at = level(length, max);
    return html`<li class="counter" data-level=${at}>${mark(platform, "s")}${at === "over" ? icon("s-failed") : at === "near" ? icon("s-warn") : nothing}${t().form.counter(length, max)}</li>`;
  })}</ul>`;
}

function control(look: FieldLook, described: string, invalid: boolean): TemplateResult {
  const { field, id, value } = look;
  const { form } = t();
  const linked = look.linked?.is === true;
  const common = { described: described || nothing, invalid: invalid ? "true" : nothing };
  const left = () => look.left?.();
  if (look.offers && !look.offers.typed && field.kind !== "tags") return offersView(look.offers.choices, look, described, invalid);
  switch (field.kind) {
    case "multiline":
      return html`<textarea class="textarea" id=${id} rows="4" .value=${live(value)} ?readonly=${linked} ?data-linked=${linked} aria-invalid=${common.invalid} aria-describedby=${common.described}
        @input=${(event: Event) => look.input(text(event))} @blur=${left}></textarea>`;
    case "tags":
      return linked
        ? html`<input class="input" id=${id} .value=${splitTags(value).join(", ")} readonly data-linked aria-invalid=${common.invalid} aria-describedby=${common.described}>`
        : tagsView(look, described, invalid);
    case "choice":
      return html`<span class="select"><select id=${id} aria-invalid=${common.invalid} aria-describedby=${common.described} ?disabled=${linked} @change=${(event: Event) => look.input(text(event))}>
        ${field.required && field.default !== null ? nothing : html`<option value="" ?selected=${value === ""}>${field.required ? form.choose : form.none}</option>`}
        ${field.choices.map((choice) => html`<option value=${choice.value} ?selected=${choice.value === value}>${labelOf(choice.label)}</option>`)}
      </select>${icon("chev-down")}</span>`;
    case "time":
      return html`<input class="input" type="datetime-local" id=${id} .value=${live(localTime(value))} ?readonly=${linked} ?data-linked=${linked} aria-invalid=${common.invalid} aria-describedby=${common.described}
        @change=${(event: Event) => look.input(rfc3339(text(event)))}>`;
    case "folder":
      return html`<div class="with-button"><input class="input" id=${id} .value=${live(value)} spellcheck="false" autocomplete="off" aria-invalid=${common.invalid} aria-describedby=${common.described}
        @input=${(event: Event) => look.input(text(event))} @blur=${left}><button type="button" class="button" @click=${() => void chooseFolder(look.input)}>${icon("folder")}${form.chooseFolder}</button></div>`;
    case "secret":
      return html`<input class="input" id=${id} type="password" .value=${live(value)} autocomplete="off" spellcheck="false" placeholder=${look.placeholder ?? nothing} aria-invalid=${common.invalid} aria-describedby=${common.described}
        @input=${(event: Event) => look.input(text(event))} @blur=${left}>`;
    default:
      return html`<input class="input" id=${id} .value=${live(value)} inputmode=${field.kind === "integer" ? "numeric" : nothing} spellcheck=${field.kind === "text" ? nothing : "false"} autocomplete="off"
        placeholder=${look.placeholder ?? nothing} ?readonly=${linked} ?data-linked=${linked} aria-invalid=${common.invalid} aria-describedby=${common.described}
        @input=${(event: Event) => look.input(text(event))} @blur=${left}>`;
  }
}

/** A list of the platform's, with the value that is there in it whatever it is. */
function offersView(choices: readonly FieldChoice[], look: FieldLook, described: string, invalid: boolean): TemplateResult {
  const { id, value } = look;
  const all = value === "" || choices.some((choice) => choice.value === value) ? choices : [{ value, name: value }, ...choices];
  return html`<span class="select"><select id=${id} aria-invalid=${invalid ? "true" : nothing} aria-describedby=${described || nothing} ?disabled=${look.linked?.is === true} @change=${(event: Event) => look.input(text(event))}>
    <option value="" ?selected=${value === ""}>${look.field.required ? t().form.choose : t().form.none}</option>
    ${all.map((choice) => html`<option value=${choice.value} ?selected=${choice.value === value}>${choice.name}</option>`)}
  </select>${icon("chev-down")}</span>`;
}

function tagsView(look: FieldLook, described: string, invalid: boolean): TemplateResult {
  const { form } = t();
  // Several may be written before they are drawn.
  let tags = splitTags(look.value);
  const set = (next: string[]) => {
    tags = next;
    look.input(joinTags(tags));
  };
  const take = (input: HTMLInputElement) => {
    const more = splitTags(input.value);
    if (more.length === 0) return;
    input.value = "";
    set([...tags, ...more]);
  };
  const key = (event: KeyboardEvent) => {
    const input = event.target as HTMLInputElement;
    if (event.isComposing) return;
    if ((event.key === "Enter" && !event.ctrlKey && !event.metaKey) || event.key === "," || event.key === "，" || event.key === "、") {
      event.preventDefault();
      take(input);
    } else if (event.key === "Backspace" && input.value === "" && tags.length > 0) {
      set(tags.slice(0, -1));
    }
  };
  return html`<div class="tokens" data-invalid=${invalid ? "true" : nothing}>
    ${tags.map((tag) => html`<span class="token">${tag}<button type="button" aria-label=${form.removeTag(tag)} @click=${() => set(tags.filter((one) => one !== tag))}>${icon("x")}</button></span>`)}
    ${look.offers ? html`<datalist id=${`${look.id}-offers`}>${look.offers.choices.map((choice) => html`<option value=${choice.value}></option>`)}</datalist>` : nothing}
    <input id=${look.id} list=${look.offers ? `${look.id}-offers` : nothing} placeholder=${form.addTag} autocomplete="off" aria-invalid=${invalid ? "true" : nothing} aria-describedby=${described || nothing} @keydown=${key}
      @input=${(event: Event) => /[,，、]/.test(text(event)) && !(event as InputEvent).isComposing && take(event.target as HTMLInputElement)} @blur=${(event: Event) => take(event.target as HTMLInputElement)}>
  </div>`;
}

async function chooseFolder(input: (path: string) => void): Promise<void> {
  try {
    const path = await backend().pickFolder();
    if (path !== null) input(path);
  } catch (thrown) {
    say({ text: sayThrown(thrown) });
  }
}
