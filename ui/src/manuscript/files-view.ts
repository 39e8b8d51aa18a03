/** The files of the form, each a manuscript of its own, and the ways to more of them. */
import { html, nothing, type TemplateResult } from "lit-html";
import { live } from "lit-html/directives/live.js";
import { repeat } from "lit-html/directives/repeat.js";
import type { OfferedFile } from "../bindings";
import { icon, tongue } from "../app/parts";
import { t } from "../i18n";
import { headline } from "../i18n/sentences";
import { say } from "../app/world";
import { captionsView } from "./captions-view";
import { checks, forbids } from "./checks";
import { coverView } from "./cover-view";
import { draftsView } from "./drafts-view";
import { factsOf } from "./facts";
import { address, changeFile, chooseFiles, leaveOut, pick, takeAddress } from "./files";
import * as form from "./form";

const SCHEME = "https://";

export function filesView(): TemplateResult {
  const { compose } = t();
  const files = form.files.value;
  if (files.length === 0)
    return html`<section class="form-part"><div class="no-files"><h2>${compose.noFiles}</h2><p>${compose.noFilesText}</p>
      <button type="button" class="button" data-kind="primary" @click=${() => void chooseFiles()}>${icon("plus")}${compose.choose}</button>${addressView()}</div>${draftsView()}</section>`;
  const good = form.good.value.length;
  return html`
    <section class="form-part">
      <h2>${compose.files} <span>${compose.filesOf(good, files.length - good)}</span></h2>
      <ul class="file-list" ?data-several=${form.several.value}>${form.several.value ? allLine(form.writable.value.length) : nothing}${repeat(files, (file) => file.file, fileLine)}</ul>
      <p class="drop-line">${icon("drop")}<span class="cut">${compose.dropLine}</span><button type="button" class="button" data-size="s" @click=${() => void chooseFiles()}>${compose.addMore}</button></p>
      ${addressView()}${coverView()}${captionsView()}
    </section>`;
}

/** A file that is online, for platforms that fetch files. */
function addressView(): TemplateResult {
  const { compose } = t();
  const written = address.value;
  if (written === null)
    return html`<div><button type="button" class="button" data-kind="quiet" data-size="s" @click=${() => (address.value = "")}>${compose.fromAddress}</button></div>`;
  const key = (event: KeyboardEvent) => {
    if (event.isComposing || (event.key !== "Enter" && event.key !== "Escape")) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === "Enter") void takeAddress();
    else address.value = null;
  };
  return html`
    <div class="field">
      <label class="field-label" for="compose-address">${compose.address}</label>
      <div class="address-line"><input id="compose-address" type="url" inputmode="url" autocomplete="off" spellcheck="false" placeholder=${SCHEME} .value=${live(written)}
        @input=${(event: Event) => (address.value = (event.target as HTMLInputElement).value)} @keydown=${key}>
      <button type="button" class="button" ?disabled=${written.trim() === ""} @click=${() => void takeAddress()}>${compose.addAddress}</button></div>
      <p class="field-help">${compose.addressHelp}</p>
    </div>`;
}

/** Chooses what is written for: one of several files, or all. */
const choice = (file: OfferedFile | null, label: string) => html`<input class="file-choice" type="radio" name="manuscript" aria-label=${label} .checked=${live((form.edited.value?.file ?? null) === (file?.file ?? null))} @change=${() => pick(file?.file ?? null)}>`;

function allLine(good: number): TemplateResult {
  const { compose } = t();
  return html`<li><label class="file-line">${choice(null, compose.allVideos(good))}${icon("list")}<span class="two"><span class="strong">${compose.allVideos(good)}</span><span class="row-sub">${compose.allVideosText}</span></span></label></li>`;
}

/** Findings on it that forbid something, whichever the account. */
function redOf({ file }: OfferedFile): number {
  const causes = checks.value.filter((check) => check.file === file).flatMap(({ findings }) => findings.filter(forbids));
  return new Set(causes.map(({ field, cause }) => JSON.stringify([field, cause]))).size;
}

function fileLine(file: OfferedFile): TemplateResult {
  const { compose } = t();
  const out = file.cause !== null;
  const red = form.several.value ? redOf(file) : 0;
  const [level, picture] = out ? ["failed", "s-failed"] : file.warning ? ["waiting", "s-warn"] : ["", "film"];
  const about = file.cause ? `${headline(file.cause)}, ${compose.out}` : file.online ? file.folder : factsOf(file);
  const choosable = form.several.value && form.writable.value.includes(file);
  return html`
    <li class="file-entry">
      <label class="file-line" ?data-out=${out} ?data-plain=${!choosable}>
        ${choosable ? choice(file, file.name) : nothing}
        ${level === "" ? icon(picture) : html`<span class="state" data-state=${level}>${icon(picture)}</span>`}
        <span class="two"><span class="strong" title=${file.online ? file.folder : `${file.folder}/${file.name}`} lang=${tongue(file.name)}>${file.name}</span><span class="row-sub">${about}</span>
          ${file.warning ? html`<span class="file-warning">${say({ ...file.warning, params: { file: file.name, ...file.warning.params } })}</span>` : nothing}</span>
      </label>
      <span class="file-acts">
        ${red > 0 ? html`<span class="pill" data-state="failed">${icon("s-failed")}${t().preflight.fix(red)}</span>` : nothing}
        ${file.online ? nothing : html`<button type="button" class="button" data-size="s" aria-label=${out ? compose.findFileOf(file.name) : compose.changeFileOf(file.name)} @click=${() => void changeFile(file)}>${out ? compose.findFile : compose.changeFile}</button>`}
        <button type="button" class="button icon-button" data-size="s" data-kind="quiet" aria-label=${compose.remove(file.name)} title=${compose.remove(file.name)} @click=${() => leaveOut(file)}>${icon("x")}</button>
      </span>
    </li>`;
}
