/** Settings of the connection: the way for all accounts that have none of their own. */
import { html, nothing, type TemplateResult } from "lit-html";
import { live } from "lit-html/directives/live.js";
import type { ProxySetting, Way } from "../bindings";
import { drawn } from "../app/draw";
import { icon } from "../app/parts";
import { say } from "../app/world";
import { t } from "../i18n";
import * as state from "./proxy";

const WAYS: readonly Way[] = ["system", "off", "http", "socks5"];
const typed = (event: Event) => (event.target as HTMLInputElement).value;

function form(known: ProxySetting, of: state.Draft): TemplateResult {
  const { proxy: words } = t().settings;
  const wrong = of.tried ? state.faults(of) : [];
  const changed = state.draft.value !== null;
  const field = (name: "host" | "port" | "user", numeric = false) => {
    const fault = wrong.find((one) => one === name);
    return html`
      <div class="field">
        <label class="field-label" for=${`proxy-${name}`}>${words[name]}</label>
        <input class="input" id=${`proxy-${name}`} autocomplete="off" spellcheck="false" inputmode=${numeric ? "numeric" : nothing} .value=${live(of[name])}
          aria-invalid=${fault ? "true" : nothing} aria-describedby=${fault ? `proxy-${name}-error` : nothing} @input=${(event: Event) => state.change({ [name]: typed(event) })}>
        ${fault ? html`<p class="field-error" id=${`proxy-${name}-error`}>${icon("s-failed")}<span>${words.faults[fault]}</span></p>` : nothing}
      </div>`;
  };
  const submit = (event: Event) => {
    event.preventDefault();
    void state.use().then(async (used) => {
      await drawn();
      document.querySelector<HTMLElement>(used ? "#proxy-host" : '.proxy-form [aria-invalid="true"]')?.focus();
    });
  };
  // Another server is not told the password of this one.
  const keeps = known.has_password && known.proxy.way === of.way && known.proxy.host === of.host.trim() && String(known.proxy.port ?? "") === of.port.trim() && known.proxy.user === of.user;
  return html`
    <form class="proxy-form" novalidate @submit=${submit}>
      <div class="proxy-address">${field("host")}${field("port", true)}</div>
      <div class="proxy-door">
        ${field("user")}
        <div class="field">
          <label class="field-label" for="proxy-password">${words.password}</label>
          <input class="input" id="proxy-password" type="password" autocomplete="off" placeholder=${keeps ? words.kept : nothing} .value=${live(of.password)}
            aria-describedby="proxy-password-help" @input=${(event: Event) => state.change({ password: typed(event) })}>
          <p class="field-help" id="proxy-password-help">${t().form.secretHelp}</p>
        </div>
      </div>
      ${of.failure ? html`<p class="note" data-kind="failed" role="alert">${icon("s-failed")}<span>${say(of.failure)}</span></p>` : nothing}
      <div class="proxy-acts">
        <button class="button" data-kind=${changed ? "primary" : nothing} ?disabled=${of.busy || !changed}>${changed || !state.isProxy(known.proxy.way) ? words.use : words.inUse}</button>
        ${keeps && !changed ? html`<button type="button" class="button" @click=${() => void state.forgetPassword()}>${words.forget}</button>` : nothing}
      </div>
    </form>`;
}

export function proxySettings(): TemplateResult | typeof nothing {
  const known = state.proxy.value;
  if (!known) return nothing;
  const { proxy: words } = t().settings;
  const of = state.shown(known);
  const wrong = state.refusedExcept.value;
  // One that only the command line sets is shown as it is.
  const ways = WAYS.includes(of.way) ? WAYS : [...WAYS, of.way];
  const system = known.system === null ? words.systemNone : words.systemIs(known.system);
  return html`
    <section class="setting-group" id="connection">
      <h2>${words.title}</h2>
      <p>${words.text}</p>
      <div class="setting-list">
        <div class="setting">
          <div><h3 id="set-proxy">${words.name}</h3><p>${of.way === "system" ? system : words.ways[of.way].text}</p></div>
          <fieldset class="segmented" aria-labelledby="set-proxy">
            ${ways.map((way) => html`<label><input type="radio" name="proxy" value=${way} .checked=${live(way === of.way)} @change=${() => void state.choose(way)}>${words.ways[way].name}</label>`)}
          </fieldset>
        </div>
        ${
          state.isProxy(of.way)
            ? html`${form(known, of)}
                <div class="setting">
                  <div><h3><label for="set-except">${words.except}</label></h3><p id="set-except-help">${words.exceptText}</p>
                    ${wrong ? html`<p class="field-error" id="set-except-error" role="alert">${icon("s-failed")}<span>${wrong.why}</span></p>` : nothing}</div>
                  <input class="input" id="set-except" size="24" spellcheck="false" autocomplete="off" .value=${live(wrong?.text ?? known.proxy.except)} aria-invalid=${wrong ? "true" : nothing}
                    aria-describedby=${wrong ? "set-except-help set-except-error" : "set-except-help"} @change=${(event: Event) => void state.setExcept(typed(event))}>
                </div>`
            : nothing
        }
      </div>
    </section>`;
}
