/**
 * The picture that goes with the work: a frame of the video or an image, and where platforms cut it.
 *
 * No DOM. A frame that is chosen is kept by the backend as an image, so that from then on every cover is an offered image. Of frames that are passed on the
 * way, only the one that is rested on is taken.
 */
import { batch, computed, effect, signal } from "@preact/signals-core";
import type { CoverImage, OfferedFile } from "../bindings";
import { say } from "../app/toast";
import { backend, labelOf, sayThrown, screen } from "../app/world";
import { cover, edited, forget, platforms, target, values, write } from "./form";

export const STRIP_FRAMES = 7;
/** How long a frame is rested on before it is taken. */
const REST_MS = 150;
const CROP = "cover_crop";
/** Steps of videos that do not say how fast they are. */
const USUAL_FPS = 25;

/** Small pictures of videos, as far as they are drawn. */
const strips = signal<ReadonlyMap<number, readonly string[]>>(new Map());
/** Why there are no pictures of a video. */
const troubles = signal<ReadonlyMap<number, string>>(new Map());
/** The time that is looked at, of each video. */
const times = signal<ReadonlyMap<number, number>>(new Map());
/** Images that are frames, with their times. */
const taken = signal<ReadonlyMap<number, number>>(new Map());
const shown = signal<ReadonlyMap<number, CoverImage>>(new Map());
/** A frame is being taken. */
export const taking = signal(false);

const put = <V>(map: ReadonlyMap<number, V>, key: number, value: V): ReadonlyMap<number, V> => new Map(map).set(key, value);

/** A chosen platform takes covers. */
export const wanted = computed(() => platforms.value.some((spec) => spec.limits.cover !== null));
/** The video that frames can be taken of. */
export const video = computed<{ file: number; duration_ms: number; frame_ms: number } | null>(() => {
  const file = edited.value;
  const media = file?.media;
  if (!file || file.online || !media?.video || media.duration_ms === null) return null;
  return { file: file.file, duration_ms: media.duration_ms, frame_ms: 1000 / (media.video.frames_per_second ?? USUAL_FPS) };
});
export const stripTimes = computed(() => Array.from({ length: video.value ? STRIP_FRAMES : 0 }, (_, n) => Math.round(((n + 0.5) / STRIP_FRAMES) * (video.value?.duration_ms ?? 0))));
export const strip = computed(() => strips.value.get(video.value?.file ?? -1) ?? []);
export const trouble = computed(() => troubles.value.get(video.value?.file ?? -1) ?? null);
/** The cover as it is seen; `null` until it is read. */
export const picture = computed(() => shown.value.get(cover.value?.file ?? -1) ?? null);
/** The time of the frame that is the cover, or is on its way to be. */
export const frameTime = computed<number | null>(() => {
  const of = video.value;
  if (taking.value && of) return times.value.get(of.file) ?? null;
  return taken.value.get(cover.value?.file ?? -1) ?? null;
});

effect(() => {
  const of = video.value;
  if (screen.value !== "manuscript" || !wanted.value || !of || strips.value.has(of.file)) return;
  strips.value = put(strips.value, of.file, []);
  void drawStrip(of.file, stripTimes.value);
});

async function drawStrip(file: number, at: readonly number[]): Promise<void> {
  try {
    for (const at_ms of at) {
      const { url } = await backend().call("cover_frame", { file, at_ms });
      strips.value = put(strips.value, file, [...(strips.value.get(file) ?? []), url]);
    }
  } catch (thrown) {
    troubles.value = put(troubles.value, file, sayThrown(thrown));
  }
}

effect(() => {
  const image = cover.value;
  if (image && screen.value === "manuscript" && wanted.value && !shown.value.has(image.file)) void look(image);
});

async function look(image: OfferedFile): Promise<void> {
  try {
    const seen = await backend().call("cover_image", image.file);
    shown.value = put(shown.value, image.file, seen);
  } catch {
    // What is wrong with it, the checks say for each account.
  }
}

let rest: ReturnType<typeof setTimeout> | undefined;
/** Counts the choices: a frame that is ready after the next choice is not wanted any more. */
let choice = 0;

/** Looks at another time of the video; where one stays becomes the cover. */
export function seek(at_ms: number): void {
  const of = video.value;
  if (!of) return;
  // The backend takes the first frame from then on: a time is never after its frame.
  const at = Math.floor(Math.max(0, Math.min(at_ms, of.duration_ms - of.frame_ms)));
  batch(() => {
    times.value = put(times.value, of.file, at);
    taking.value = true;
  });
  clearTimeout(rest);
  choice += 1;
  rest = setTimeout(() => void take(of.file, at), REST_MS);
}

/** On by so many frames, or seconds. */
export function step(by: number, unit: "frame" | "second"): void {
  const of = video.value;
  if (!of) return;
  const at = times.value.get(of.file) ?? 0;
  seek(unit === "second" ? at + by * 1000 : Math.round(at / of.frame_ms + by) * of.frame_ms);
}

async function take(file: number, at_ms: number): Promise<void> {
  const mine = choice;
  const current = () => mine === choice;
  const place = target();
  try {
    const image = await backend().call("cover_frame_keep", { file, at_ms });
    if (!current()) return forget([image]);
    taken.value = put(taken.value, image.file, at_ms);
    setCover(place, image);
  } catch (thrown) {
    if (current()) say({ text: sayThrown(thrown) });
  } finally {
    if (current()) taking.value = false;
  }
}

function setCover(place: number | null, image: OfferedFile | null): void {
  const before = cover.value;
  write(place, () => ({ cover: image }));
  // Frames that nobody uses any more; an image may be wanted back.
  if (before && before.file !== image?.file && taken.value.has(before.file)) forget([before]);
}

export function takeCover(image: OfferedFile): void {
  if (image.cause) say({ text: sayThrown(image.cause) });
  else choose(image);
}

export const dropCover = () => choose(null);

/** In the place of a frame that may be on its way. */
function choose(image: OfferedFile | null): void {
  clearTimeout(rest);
  choice += 1;
  taking.value = false;
  setCover(target(), image);
}

export async function chooseCover(): Promise<void> {
  try {
    const [image] = await backend().pickFiles("image");
    if (image) takeCover(image);
  } catch (thrown) {
    say({ text: sayThrown(thrown) });
  }
}

/** Where a picture is cut to a ratio, in per cent of its sides. */
export interface Cut {
  ratio: string;
  /** Names of the platforms that cut so. */
  platforms: string[];
  /** Per cent of the way it can be moved; 50 is the middle. */
  place: number;
  left: number;
  top: number;
  width: number;
  height: number;
}

/** The places that were chosen, by ratio: `16:10=50 4:3=20`. */
export function readCrops(text: string): Map<string, number> {
  const parts = text.split(/[ ,]+/).map((part) => /^(\d+:\d+)=(\d{1,3})$/.exec(part));
  return new Map(parts.flatMap((part) => (part?.[1] && Number(part[2]) <= 100 ? [[part[1], Number(part[2])] as const] : [])));
}

export const writeCrops = (crops: ReadonlyMap<string, number>) => [...crops].map(([ratio, place]) => `${ratio}=${place}`).join(" ");

/** The largest part of a picture that has the ratio. */
export function cutOf(ratio: string, place: number, width: number, height: number): Omit<Cut, "ratio" | "platforms" | "place"> {
  const [over = 1, under = 1] = ratio.split(":").map(Number);
  const share = (over * height) / (under * width);
  if (share < 1) return { left: (1 - share) * place, top: 0, width: share * 100, height: 100 };
  return { left: 0, top: (1 - 1 / share) * place, width: 100, height: 100 / share };
}

/** How the chosen platforms cut the cover, where they cut something off. */
export const cuts = computed<Cut[]>(() => {
  const seen = picture.value;
  if (!seen) return [];
  const crops = readCrops(values.value[CROP] ?? "");
  const ratios = new Map<string, string[]>();
  for (const { limits, label } of platforms.value) {
    const ratio = limits.cover?.ratio;
    if (ratio) ratios.set(ratio, [...(ratios.get(ratio) ?? []), labelOf(label)]);
  }
  const all = [...ratios].map(([ratio, names]) => {
    const place = crops.get(ratio) ?? 50;
    return { ratio, platforms: names, place, ...cutOf(ratio, place, seen.width_px, seen.height_px) };
  });
  return all.filter(({ width, height }) => width < 99.5 || height < 99.5);
});

export function moveCut(ratio: string, place: number): void {
  const crops = readCrops(values.value[CROP] ?? "").set(ratio, place);
  write(target(), (part) => ({ fields: { ...part.fields, [CROP]: writeCrops(crops) } }));
}
