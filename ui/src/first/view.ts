/** The first run: one picture, one sentence, three steps, two buttons. */
import { signal } from "@preact/signals-core";
import { html, nothing, type TemplateResult } from "lit-html";
import { addAccount } from "../accounts/state";
import { icon } from "../app/parts";
import { say } from "../app/toast";
import { backend, labelOf, loadAccounts, sayThrown, screen, specs, start } from "../app/world";
import { t } from "../i18n";
import { list } from "../i18n/format";
import { chooseFiles } from "../manuscript/files";

const folder = signal<string | null>(null);
const busy = signal(false);

async function otherFolder(): Promise<void> {
  try {
    folder.value = (await backend().pickFolder()) ?? folder.value;
  } catch (thrown) {
    say({ text: sayThrown(thrown) });
  }
}

/** One click: an account that is a folder, then the question for a video. */
async function tryFolder(): Promise<void> {
  const spec = specs.value.find((one) => one.name === "folder");
  const setting = spec?.settings.find((field) => field.kind === "folder");
  const path = folder.value ?? start.value?.suggested_folder;
  if (!spec || !setting || path === undefined || busy.value) return;
  busy.value = true;
  try {
    await backend().call("account_add", { platform: spec.name, label: t().first.accountName, settings: { [setting.name]: path }, secrets: {}, check: true });
    await loadAccounts();
    await chooseFiles();
    screen.value = "manuscript";
  } catch (thrown) {
    say({ text: sayThrown(thrown) });
  } finally {
    busy.value = false;
  }
}

const picture = html`
  <svg class="first-picture" viewBox="0 0 240 140" aria-hidden="true">
    <clipPath id="first-hull"><path d="M82 29.12A7 7 0 0 1 92.5 23.06L139.05 49.94A7 7 0 0 1 139.05 62.06L92.5 88.94A7 7 0 0 1 82 82.88Z"></path></clipPath>
    <path class="pic-post" d="M112 90.4V122M138 75.4V122M164 60.4V122"></path>
    <path class="pic-ramp" d="M56.32 122.53L189.69 45.53"></path>
    <path class="pic-hull" d="M82 29.12A7 7 0 0 1 92.5 23.06L139.05 49.94A7 7 0 0 1 139.05 62.06L92.5 88.94A7 7 0 0 1 82 82.88Z"></path>
    <path class="pic-lead" clip-path="url(#first-hull)" d="M78 101L157.55 58L134.55 47.34L78 79.98Z"></path>
    <path class="pic-wave" d="M24 122q6 -4 12 0t12 0q6 -4 12 0t12 0q6 -4 12 0t12 0q6 -4 12 0t12 0q6 -4 12 0t12 0q6 -4 12 0t12 0q6 -4 12 0t12 0q6 -4 12 0t12 0"></path>
    <path class="pic-wave" d="M60 131q6 -4 12 0t12 0q6 -4 12 0t12 0q6 -4 12 0t12 0q6 -4 12 0t12 0"></path>
  </svg>`;

export function firstView(): TemplateResult {
  const { first } = t();
  const platforms = specs.value.filter((spec) => spec.remote).map((spec) => labelOf(spec.label));
  const path = folder.value ?? start.value?.suggested_folder ?? "";
  const step = (n: string, title: string, text: string) => html`<li class="step"><span class="step-n" aria-hidden="true">${n}</span><h2>${title}</h2><p>${text}</p></li>`;
  return html`
    <div class="first">
      ${picture}
      <div><h1>${first.title}</h1><p class="first-lead">${first.lead}</p></div>
      <ol class="steps">
        ${step("1", first.step1, first.step1Text(list(platforms)))}${step("2", first.step2, first.step2Text)}${step("3", first.step3, first.step3Text)}
      </ol>
      <div class="first-acts">
        <button class="button" data-kind="primary" data-size="l" @click=${addAccount}>${icon("plus")}${first.addAccount}</button>
        <button class="button" data-size="l" ?disabled=${busy.value} @click=${() => void tryFolder()}>${icon("folder")}${first.tryFolder}</button>
      </div>
      <p class="first-where"><span>${first.folder(path)}</span><button class="button" data-kind="quiet" data-size="s" @click=${() => void otherFolder()}>${first.otherFolder}</button></p>
      <p class="first-foot">${icon("shield")}${first.foot}</p>
      ${start.value?.secrets === "none" ? html`<p class="first-foot">${icon("s-warn")}${first.noKeychain}</p>` : nothing}
    </div>`;
}
