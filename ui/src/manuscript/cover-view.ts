/** The cover: the picture with the edges that platforms cut it to, the strip of frames to choose it from, and the way to an image. */
import { html, nothing, type TemplateResult } from "lit-html";
import { icon } from "../app/parts";
import { t } from "../i18n";
import { list, timecode } from "../i18n/format";
import { chooseCover, type Cut, cuts, dropCover, frameTime, moveCut, picture, seek, step, strip, stripTimes, taking, trouble, video, wanted } from "./cover";
import { cover } from "./form";

export function coverView(): TemplateResult | typeof nothing {
  if (!wanted.value) return nothing;
  const { compose } = t();
  const image = cover.value;
  return html`
    <div class="cover-pane">
      ${pictureView()}
      <div class="cover-choice">
        <h3 class="field-label">${compose.cover}</h3>
        ${video.value === null ? nothing : trouble.value === null ? stripView() : html`<p class="field-help">${trouble.value}</p>`}
        ${cuts.value.map(cutView)}
        <p class="strip-foot">
          <button type="button" class="button" data-size="s" @click=${() => void chooseCover()}>${icon("image")}${image && frameTime.value === null ? compose.changeCover : compose.chooseCover}</button>
          ${image ? html`<button type="button" class="button icon-button" data-size="s" data-kind="quiet" aria-label=${compose.dropCover} title=${compose.dropCover} @click=${dropCover}>${icon("x")}</button>` : nothing}
          ${strip.value.length > 0 ? html`<span class="faint">${compose.stepFrames}</span>` : nothing}
        </p>
      </div>
    </div>`;
}

function pictureView(): TemplateResult {
  const { compose } = t();
  const seen = picture.value;
  const at = frameTime.value;
  const shape = seen ? `aspect-ratio: ${seen.width_px} / ${seen.height_px}` : "";
  return html`
    <div class="cover-frame"><div class="cover" .style=${shape} aria-busy=${taking.value ? "true" : "false"}>
      ${seen ? html`<img src=${seen.url} alt=${compose.coverOf(cover.value?.name ?? "")}>` : html`<p class="cover-none faint">${cover.value ? nothing : compose.noCover}</p>`}
      ${cuts.value.map(guideView)}
      ${at === null ? nothing : html`<span class="cover-tag">${compose.frameTag(timecode(at))}</span>`}
    </div></div>`;
}

const guideView = ({ ratio, left, top, width, height }: Cut) => html`
  <span class="cover-guide" .style=${`left: ${left}%; top: ${top}%; width: ${width}%; height: ${height}%`} aria-hidden="true"><span class="cover-tag" data-end>${t().compose.edge(ratio)}</span></span>`;

/** Where the picture is cut; the middle until it is moved. */
const cutView = ({ ratio, platforms, place }: Cut) => {
  const id = `cut-${ratio.replace(":", "-")}`;
  return html`
    <div class="cut-line"><label for=${id}>${t().compose.cutFor(list(platforms), ratio)}</label>
      <input id=${id} type="range" min="0" max="100" .value=${String(place)} @input=${(event: Event) => moveCut(ratio, Number((event.target as HTMLInputElement).value))}></div>`;
};

function stripView(): TemplateResult {
  const { compose } = t();
  const at = frameTime.value;
  const times = stripTimes.value;
  const drawn = strip.value;
  // The frame that is nearest to the cover.
  const chosen = at === null ? -1 : times.reduce((best, time, n) => (Math.abs(time - at) < Math.abs((times[best] ?? 0) - at) ? n : best), 0);
  const keys = (event: KeyboardEvent) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const to = { ArrowUp: Math.max(chosen - 1, 0), ArrowDown: Math.min(chosen + 1, times.length - 1), Home: 0, End: times.length - 1 }[event.key];
    if (by === undefined && to === undefined) return;
    event.preventDefault();
    if (by !== undefined && chosen >= 0) step(by, event.shiftKey ? "second" : "frame");
    else seek(times[to ?? 0] ?? 0);
    // The focus goes with the choice, once it is drawn.
    const group = event.currentTarget as HTMLElement;
    requestAnimationFrame(() => group.querySelector<HTMLElement>("[aria-checked=true]")?.focus());
  };
  return html`
    <div class="strip" role="radiogroup" aria-label=${compose.frames} @keydown=${keys}>
      ${times.map((time, n) => html`
        <button type="button" class="frame" role="radio" aria-checked=${n === chosen ? "true" : "false"} tabindex=${n === Math.max(chosen, 0) ? 0 : -1} aria-label=${compose.frameAt(timecode(n === chosen && at !== null ? at : time))} @click=${() => seek(time)}>
          ${drawn[n] ? html`<img src=${drawn[n]} alt="">` : nothing}</button>`)}
    </div>`;
}
