/** Settings: how fast bytes move at which hour, what may go over which network, and the window's language, theme and keys. */
import { html, type TemplateResult } from "lit-html";
import { help } from "../app/keys";
import { icon } from "../app/parts";
import { looks, setLooks } from "../app/world";
import { networkSettings } from "../network/rules";
import type { LanguageChoice, Theme } from "../backend/port";
import { t } from "../i18n";
import { dataSettings, importView } from "./data-view";
import { finishSettings, queueSettings } from "./line-view";
import { noticeSettings } from "./notices-view";
import { sessionSettings } from "./session";
import { proxySettings } from "./proxy-view";
import { reportSettings } from "./report-view";
import { speedSettings } from "./speed-view";

/** Each language by its own name. */
const LANGUAGES: [LanguageChoice, string][] = [
  ["en", "English"],
  ["zh-CN", "简体中文"],
  ["ja", "日本語"],
];
const THEMES: Theme[] = ["system", "light", "dark"];

export function settingsView(): TemplateResult {
  const { settings } = t();
  const chosen = looks.value;
  return html`
    <header class="topbar"><h1>${settings.title}</h1></header>
    <div class="scroll settings-scroll">
      <div class="settings-body">
        ${speedSettings()}
        ${networkSettings()}
        ${proxySettings()}
        ${queueSettings()}
        <section class="setting-group">
          <h2>${settings.look}</h2>
          <div class="setting-list">
            <div class="setting">
              <div><h3><label for="set-language">${settings.language}</label></h3><p>${settings.languageText}</p></div>
              <span class="select"><select id="set-language" @change=${(event: Event) => void setLooks({ language: (event.target as HTMLSelectElement).value as LanguageChoice })}>
                <option value="system" ?selected=${chosen.language === "system"}>${settings.systemLanguage}</option>
                ${LANGUAGES.map(([value, name]) => html`<option value=${value} lang=${value} ?selected=${chosen.language === value}>${name}</option>`)}
              </select>${icon("chev-down")}</span>
            </div>
            <div class="setting">
              <div><h3 id="set-theme">${settings.theme}</h3><p>${settings.themeText}</p></div>
              <div class="segmented" role="radiogroup" aria-labelledby="set-theme">
                ${THEMES.map((theme) => html`<label><input type="radio" name="theme" value=${theme} .checked=${chosen.theme === theme} @change=${() => void setLooks({ theme })}>${settings[theme]}</label>`)}
              </div>
            </div>
          </div>
        </section>
        ${sessionSettings()}
        ${finishSettings()}
        ${noticeSettings()}
        ${dataSettings()}
        <section class="setting-group">
          <h2>${settings.keys}</h2>
          <div class="setting-list">
            <div class="setting">
              <p>${settings.keysText}</p>
              <button class="button" aria-haspopup="dialog" @click=${() => (help.value = true)}>${settings.showKeys}<kbd class="faint">?</kbd></button>
            </div>
          </div>
        </section>
        ${reportSettings()}
      </div>
    </div>
    ${importView()}`;
}
