/** The pulse panel: rate, twenty minutes of it, and the time left; or why nothing moves. */
import { signal } from "@preact/signals-core";
import { html, nothing, svg } from "lit-html";
import type { Why } from "../bindings";
import { summary } from "../app/world";
import { span, t } from "../i18n";
import { rate, rateParts, size, UNKNOWN } from "../i18n/format";
import { standstill } from "../i18n/sentences";

const SECONDS = 20 * 60;
const POINTS = 240;
const WIDTH = 600;

interface Sample {
  rate: number;
  still: Why | null;
}
/** Nothing stands in the way of these. */
const RESTFUL: readonly Why[] = ["nothing", "done", "working"];
const samples: Sample[] = [];
/** Grows with each sample: the graph is drawn once a second and not more. */
const tick = signal(0);

export function sample(): void {
  const sum = summary.peek();
  if (!sum) return;
  samples.push({ rate: sum.bytes_per_second, still: sum.idle && !RESTFUL.includes(sum.idle.why) ? sum.idle.why : null });
  if (samples.length > SECONDS) samples.splice(0, samples.length - SECONDS);
  tick.value += 1;
}

/** For pictures and tests: a past. */
export function remember(past: Sample[]): void {
  samples.splice(0, samples.length, ...past.slice(-SECONDS));
  tick.value += 1;
}

function stands(why: Why): string {
  const { pulse } = t();
  if (why === "nothing" || why === "done") return pulse.nothing;
  if (why === "working") return pulse.working;
  return why === "paused" ? pulse.paused : pulse.waiting;
}

export function pulseView() {
  const sum = summary.value;
  const { pulse } = t();
  const idle = sum?.idle ?? null;
  const [figure, unit] = sum && sum.bytes_per_second > 0 ? rateParts(sum.bytes_per_second) : [UNKNOWN, ""];
  let head = UNKNOWN;
  let foot: string = pulse.etaLabel;
  if (idle) [head, foot] = [stands(idle.why), standstill(idle)];
  else if (sum && sum.eta_seconds !== null) head = pulse.eta(span(sum.eta_seconds));
  else if (sum && sum.left_bytes > 0) foot = pulse.leftLabel(size(sum.left_bytes));
  return html`
    <section class="pulse" aria-label=${pulse.label}>
      <div class="pulse-now">
        <p class="pulse-rate">${figure}<span>${unit}</span></p>
        <p class="pulse-label">${pulse.now}</p>
      </div>
      ${graph()}
      <div class="pulse-eta"><strong>${head}</strong><p class="pulse-label" title=${foot}>${foot}</p></div>
    </section>`;
}

function graph() {
  void tick.value;
  const sum = summary.peek();
  const cap = sum?.speed.in_force?.bytes_per_second ?? null;
  const { pulse } = t();
  const from = Math.max(0, samples.length - SECONDS);
  const points: number[] = [];
  for (let n = 0; n < POINTS; n += 1) {
    const at = Math.round(samples.length - SECONDS + ((n + 1) / POINTS) * SECONDS) - 1;
    points.push(at >= from ? (samples[at]?.rate ?? 0) : 0);
  }
  const top = Math.max(1_000_000, cap ?? 0, ...points) * 1.4;
  const empty = POINTS - Math.ceil((samples.length / SECONDS) * POINTS);
  const line = points
    .map((value, n) => (n < empty ? "" : `${n === empty ? "M" : "L"}${((n / (POINTS - 1)) * WIDTH).toFixed(1)} ${(100 - (value / top) * 100).toFixed(1)}`))
    .join("");
  const begin = ((Math.min(empty, POINTS - 1) / (POINTS - 1)) * WIDTH).toFixed(1);
  const stops = standstills();
  const capAt = cap === null ? 0 : 100 - (cap / top) * 100;
  const speed = rate(sum?.bytes_per_second ?? 0);
  const label = sum?.idle && !RESTFUL.includes(sum.idle.why) ? pulse.graphStopped(speed, standstill(sum.idle)) : pulse.graph(speed);
  return html`
    <div class="graph">
      <svg role="img" aria-label=${label}>
        ${stops.map(([start, width]) => svg`<rect class="graph-stop" x=${`${start}%`} y="0" width=${`${width}%`} height="100%"></rect>`)}
        <svg viewBox="0 0 600 100" preserveAspectRatio="none" width="100%" height="100%">
          <path class="graph-area" d=${line === "" ? "" : `${line}L${WIDTH} 100L${begin} 100Z`}></path>
          <path class="graph-line" d=${line}></path>
        </svg>
        ${
          cap === null
            ? nothing
            : svg`<line class="graph-cap" x1="0" y1=${`${capAt}%`} x2="100%" y2=${`${capAt}%`}></line><text class="graph-halo" x="8" y=${`${capAt}%`} dy="-5">${pulse.cap(rate(cap))}</text>`
        }
      </svg>
    </div>`;
}

/** Spans of standing still in percent of the graph: start and width. */
function standstills(): [number, number][] {
  const spans: [number, number][] = [];
  let start = -1;
  const offset = SECONDS - samples.length;
  for (let n = 0; n <= samples.length; n += 1) {
    const still = n < samples.length && samples[n]?.still != null;
    if (still && start < 0) start = n;
    if (!still && start >= 0) {
      if (n - start >= 5) spans.push([((offset + start) / SECONDS) * 100, ((n - start) / SECONDS) * 100]);
      start = -1;
    }
  }
  return spans;
}
