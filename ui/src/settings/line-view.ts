/** Settings of the queue and of its end: order, how many at once, keeping awake, and what follows; and the minute before it does. */
import { html, nothing, type TemplateResult } from "lit-html";
import { live } from "lit-html/directives/live.js";
import type { Finish, Line } from "../bindings";
import { icon } from "../app/parts";
import { labelOf, now, specs, summary } from "../app/world";
import { span, t } from "../i18n";
import { line, power, setLine, setPower, stayOn } from "./line";
import { setting } from "./speed-view";

const UPLOADS_MOST = 16;
const PARTS_MOST = 32;
/** What a fixed number begins with. */
const PARTS = 4;
const FINISHES: readonly Finish[] = ["nothing", "sleep", "hibernate", "shut_down"];

function stepper(label: string, value: number, most: number, set: (value: number) => void): TemplateResult {
  const { queueing: words } = t();
  const to = (next: number) => set(Math.max(1, Math.min(most, next)));
  return html`
    <span class="stepper">
      <button class="button icon-button" data-kind="quiet" aria-label=${words.less(label)} ?disabled=${value <= 1} @click=${() => to(value - 1)}>–</button>
      <input type="number" min="1" max=${most} .value=${live(String(value))} aria-label=${label} @change=${(event: Event) => to(Math.round(Number((event.target as HTMLInputElement).value)) || 1)}>
      <button class="button icon-button" data-kind="quiet" aria-label=${words.more(label)} ?disabled=${value >= most} @click=${() => to(value + 1)}>+</button>
    </span>`;
}

function segmented(name: string, label: string, choices: [value: string, word: string][], chosen: string, set: (value: string) => void): TemplateResult {
  return html`
    <fieldset class="segmented">
      <legend class="visually-hidden">${label}</legend>
      ${choices.map(([value, word]) => html`<label><input type="radio" name=${name} value=${value} .checked=${live(value === chosen)} @change=${() => set(value)}>${word}</label>`)}
    </fieldset>`;
}

const toggle = (label: string, on: boolean, set: (on: boolean) => void) =>
  html`<input class="switch" type="checkbox" role="switch" aria-label=${label} .checked=${live(on)} @change=${(event: Event) => set((event.target as HTMLInputElement).checked)}>`;

/** One number for all, or one's own for a platform. */
function platforms(of: Line): TemplateResult {
  const { queueing: words } = t();
  const remote = specs.value.filter((spec) => spec.remote);
  const set = (name: string, count: number | null) => {
    const { [name]: _, ...others } = of.platforms;
    setLine({ platforms: count === null ? others : { ...others, [name]: count } });
  };
  return html`
    <details class="fold setting-fold">
      <summary>${icon("chev-right")}${words.perPlatform}</summary>
      ${remote.map((spec) => {
        const own = of.platforms[spec.name] ?? null;
        const name = labelOf(spec.label);
        const counts = [null, 1, 2, 3, 4, 6, 8, ...(own !== null && ![1, 2, 3, 4, 6, 8].includes(own) ? [own] : [])];
        return setting(
          name,
          "",
          html`<span class="select" data-size="s"><select aria-label=${words.uploadsTo(name)} @change=${(event: Event) => {
            const { value } = event.target as HTMLSelectElement;
            set(spec.name, value === "" ? null : Number(value));
          }}>${counts.map((count) => html`<option value=${count ?? ""} .selected=${count === own}>${count ?? words.asAll}</option>`)}</select>${icon("chev-down")}</span>`,
        );
      })}
    </details>`;
}

export function queueSettings(): TemplateResult | typeof nothing {
  const [of, machine] = [line.value, power.value];
  if (!of) return nothing;
  const { queueing: words } = t();
  const parts = of.parts_at_once;
  return html`
    <section class="setting-group" id="queueing">
      <h2>${words.title}</h2>
      <div class="setting-list">
        ${setting(
          words.order,
          words.orderText,
          segmented("order", words.order, [["finish_first", words.finishFirst], ["share", words.share]], of.order, (order) => setLine({ order: order as Line["order"] })),
        )}
        ${setting(words.uploads, "", stepper(words.uploads, of.uploads_at_once, UPLOADS_MOST, (uploads_at_once) => setLine({ uploads_at_once })))}
        ${platforms(of)}
        ${setting(
          words.parts,
          words.partsText,
          html`<span class="setting-pair">${parts === null ? nothing : stepper(words.parts, parts, PARTS_MOST, (parts_at_once) => setLine({ parts_at_once }))}${segmented(
            "parts",
            words.parts,
            [["auto", words.automatic], ["fixed", words.fixed]],
            parts === null ? "auto" : "fixed",
            (value) => setLine({ parts_at_once: value === "auto" ? null : (parts ?? PARTS) }),
          )}</span>`,
        )}
        ${setting(words.headroom, words.headroomText, toggle(words.headroom, of.headroom, (headroom) => setLine({ headroom })))}
        ${machine ? setting(words.awake, machine.is_awake ? words.isAwake : "", toggle(words.awake, machine.keep_awake, (keep_awake) => void setPower({ keep_awake }))) : nothing}
      </div>
    </section>`;
}

export function finishSettings(): TemplateResult | typeof nothing {
  const machine = power.value;
  if (!machine) return nothing;
  const { finished: words } = t();
  const offered = FINISHES.filter((then) => then === "nothing" || then === machine.then || machine.offered.includes(then));
  return html`
    <section class="setting-group" id="finished">
      <h2>${words.title}</h2>
      <div class="setting-list">
        ${setting(
          words.then,
          offered.length > 1 ? words.thenText : words.notOffered,
          html`<span class="select" data-size="s"><select id="set-finish" aria-label=${words.then} @change=${(event: Event) => void setPower({ then: (event.target as HTMLSelectElement).value as Finish })}>
            ${offered.map((then) => html`<option value=${then} .selected=${then === machine.then}>${words.choices[then]}</option>`)}
          </select>${icon("chev-down")}</span>`,
        )}
        ${setting(words.even, words.evenText, toggle(words.even, machine.even_if_failed, (even_if_failed) => void setPower({ even_if_failed })))}
      </div>
    </section>`;
}

/** The minute to say no, over whatever screen there is. */
export function countdownView(): TemplateResult | typeof nothing {
  const running = summary.value?.countdown;
  if (!running) return nothing;
  const { finished: words } = t();
  const seconds = Math.max(0, Math.ceil((running.at_ms - now.value) / 1000));
  return html`
    <div class="countdown" role="group" aria-label=${words.title}>
      <p><strong role="alert">${words.allSent}</strong><span>${words.soon[running.then](span(seconds))}</span></p>
      <button class="button" data-kind="primary" @click=${() => void stayOn()}>${words.stayOn}</button>
    </div>`;
}
