/** Settings of speed: the limits, which one holds, and the timetable of the week. */
import { html, nothing, type TemplateResult } from "lit-html";
import { live } from "lit-html/directives/live.js";
import type { Level, Present } from "../bindings";
import { icon } from "../app/parts";
import { now } from "../app/world";
import { t } from "../i18n";
import { dayName, rate, time, zone } from "../i18n/format";
import { CHOICES, limitReason, setLimit, setTurtle, speed } from "../queue/limit";
import { hours, refused, setHours } from "./hours";
import { at, begin, brush, DAYS, end, extend, giveUp, HOURS, type Hour, isMarked, LEVELS, levelAt, move, paint, setCap, timetable } from "./timetable";

const TURTLES = [100_000, 200_000, 300_000, 500_000, 1_000_000, 2_000_000];

/** A choice among rates; `none` is the word for no limit, where there may be none. */
export function rateSelect(id: string, label: string, value: number | null, choices: readonly number[], none: string | null, set: (value: number | null) => void): TemplateResult {
  const all = [...new Set([...choices, ...(value === null ? [] : [value])])].sort((a, b) => a - b);
  const option = (one: number | null, word: string) => html`<option value=${one ?? ""} ?selected=${one === value} .selected=${one === value}>${word}</option>`;
  return html`
    <span class="select" data-size="s"><select id=${id} aria-label=${label} @change=${(event: Event) => {
      const text = (event.target as HTMLSelectElement).value;
      set(text === "" ? null : Number(text));
    }}>
      ${none === null ? nothing : option(null, none)}${all.map((one) => option(one, rate(one)))}
    </select>${icon("chev-down")}</span>`;
}

export function setting(title: string, text: string, control: unknown): TemplateResult {
  return html`<div class="setting"><div><h3>${title}</h3>${text === "" ? nothing : html`<p>${text}</p>`}</div>${control}</div>`;
}

export function speedSettings(): TemplateResult | typeof nothing {
  const set = speed.value;
  if (!set) return nothing;
  const { speed: words, head } = t();
  return html`
    <section class="setting-group" id="speed">
      <h2>${words.title}</h2>
      <p>${words.lowest} ${limitReason(set)}</p>
      <div class="setting-list">
        ${setting(words.all, words.allText, rateSelect("set-limit", words.all, set.limit_bytes_per_second, CHOICES, head.noLimit, (to) => void setLimit(to)))}
        ${setting(words.turtle, words.turtleText, rateSelect("set-turtle", words.turtle, set.turtle.bytes_per_second, TURTLES, null, (to) => void setTurtle({ bytes_per_second: to ?? 0 })))}
        ${setting(words.cap, words.capText, rateSelect("set-cap", words.cap, set.level_bytes_per_second, CHOICES, null, (to) => void setCap(to ?? 0)))}
      </div>
      ${week()}
    </section>`;
}

/** A level in a word, with its rate. */
function levelWord(level: Level): string {
  const { level: words } = t().speed;
  const set = speed.value;
  if (level === "cap") return rate(set?.level_bytes_per_second ?? 0);
  if (level === "turtle") return words.turtle(rate(set?.turtle.bytes_per_second ?? 0));
  return words[level];
}

const hourWord = ({ day, hour }: Hour) => `${dayName(day, "short")} ${String(hour).padStart(2, "0")}:00`;
const hourId = ({ day, hour }: Hour) => `hour-${day}-${hour}`;

/** The hour under the pointer. */
function hourOf(event: PointerEvent): Hour | null {
  const under = document.elementFromPoint(event.clientX, event.clientY)?.closest<HTMLElement>("[data-hour]");
  return under ? { day: Number(under.dataset.day), hour: Number(under.dataset.hour) } : null;
}

function press(event: PointerEvent): void {
  const of = event.button === 0 ? hourOf(event) : null;
  if (!of) return;
  event.preventDefault();
  const grid = event.currentTarget as HTMLElement;
  grid.focus({ preventScroll: true });
  grid.setPointerCapture(event.pointerId);
  begin(of);
}
function drag(event: PointerEvent): void {
  const of = hourOf(event);
  if (of) extend(of);
}

const STEPS: Record<string, [number, number]> = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], Home: [0, -HOURS], End: [0, HOURS], PageUp: [-DAYS, 0], PageDown: [DAYS, 0] };

function key(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const step = STEPS[event.key];
  const level = LEVELS[Number(event.key) - 1];
  if (step) move(step[0], step[1], event.shiftKey);
  else if (event.key === " ") void paint();
  else if (event.key === "Escape") giveUp();
  else if (level) brush.value = level;
  else return;
  event.preventDefault();
  event.stopPropagation();
}

/** 'Now: Saturday 15:24, full speed. Next change at 20:00: off.' */
function present({ level, until_ms, next }: Present): string {
  const { speed: words } = t();
  const date = new Date(now.value);
  const today = words.now(dayName((date.getDay() + 6) % 7, "long"), time(now.value), levelWord(level));
  if (until_ms === null || next === null) return today;
  const then = new Date(until_ms);
  const day = then.toDateString() === date.toDateString() ? null : dayName((then.getDay() + 6) % 7, "long");
  return `${today} ${words.next(day, time(until_ms), levelWord(next))}`;
}

function week(): TemplateResult | typeof nothing {
  const table = timetable.value;
  if (!table) return nothing;
  const { speed: words } = t();
  const date = new Date(now.value);
  const isNow = ({ day, hour }: Hour) => day === (date.getDay() + 6) % 7 && hour === date.getHours();
  const cell = (of: Hour) => {
    const level = levelAt(of);
    const word = `${hourWord(of)}, ${levelWord(level)}`;
    return html`<td role="gridcell" id=${hourId(of)} data-day=${of.day} data-hour=${of.hour} aria-label=${word} aria-selected=${isMarked(of) ? "true" : "false"} title=${word}
      ><span class="level" data-level=${level} ?data-now=${isNow(of)} ?data-at=${of.day === at.value.day && of.hour === at.value.hour}></span></td>`;
  };
  const wrong = refused.value;
  const named = hours.value?.zone ? `${hours.value.zone} ${zone(Date.now())}` : zone(Date.now());
  return html`
    <div class="week">
      <div class="week-tools">
        <h3>${words.timetable}</h3>
        <fieldset class="topbar-end">
          <legend class="visually-hidden">${words.brush}</legend>
          ${LEVELS.map(
            (level, n) => html`<label class="brush" title=${`${levelWord(level)} (${n + 1})`}><input type="radio" name="brush" value=${level} .checked=${live(brush.value === level)} @change=${() => (brush.value = level)}><span class="level" data-level=${level}></span>${level === "cap" ? levelWord(level) : words.brushes[level]}</label>`,
          )}
        </fieldset>
      </div>
      <table class="week-grid" role="grid" tabindex="0" aria-label=${words.grid} aria-multiselectable="true" aria-activedescendant=${hourId(at.value)} @keydown=${key} @pointerdown=${press} @pointermove=${drag} @pointerup=${end} @pointercancel=${giveUp}>
        <thead><tr><th scope="col"><span class="visually-hidden">${words.day}</span></th>${[0, 6, 12, 18].map((hour) => html`<th scope="col" colspan="6">${String(hour).padStart(2, "0")}</th>`)}</tr></thead>
        <tbody>${Array.from({ length: DAYS }, (_, day) => html`<tr><th scope="row">${dayName(day, "short")}</th>${Array.from({ length: HOURS }, (_, hour) => cell({ day, hour }))}</tr>`)}</tbody>
      </table>
      <p class="week-foot">${present(table.now)}</p>
      <div class="week-hours" data-setting="hours">
        <label for="set-hours">${words.hours}</label>
        <input class="input" id="set-hours" size="24" .value=${live(wrong?.text ?? table.hours ?? "")} aria-invalid=${wrong ? "true" : "false"}
          aria-describedby=${wrong ? "set-hours-help set-hours-error" : "set-hours-help"} @change=${(event: Event) => void setHours((event.target as HTMLInputElement).value)}>
        <p id="set-hours-help">${words.hoursText(named)}</p>
        ${wrong ? html`<p class="field-error" id="set-hours-error" role="alert">${icon("s-failed")}${wrong.why}</p>` : nothing}
      </div>
    </div>`;
}
