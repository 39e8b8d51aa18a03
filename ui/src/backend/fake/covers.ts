/** Pictures of the fake's videos: a shore at the time of day that the time of the video is. */
import type { CoverImage, OfferedFile } from "../../bindings";

const WIDE: [number, number] = [1920, 1080];

function shore(part: number, [width, height]: [number, number]): string {
  const light = Math.round(30 + 50 * Math.sin(Math.PI * part));
  const [sun, sea] = [Math.round(width * part), Math.round(height * 0.65)];
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}"><rect width="${width}" height="${height}" fill="hsl(28 70% ${light}%)"/><circle cx="${sun}" cy="${Math.round(sea - height * 0.4 * Math.sin(Math.PI * part))}" r="${Math.round(height / 12)}" fill="#fff1d6"/><rect y="${sea}" width="${width}" height="${height - sea}" fill="hsl(203 32% ${Math.round(light / 2)}%)"/></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

/** Where a time is in a video, from 0 to 1. */
const partOf = (video: OfferedFile | undefined, at_ms: number) => at_ms / (video?.media?.duration_ms ?? 60_000);
const sizeOf = (video: OfferedFile | undefined) => video?.media?.video?.shown_px ?? WIDE;

export const frameOf = (video: OfferedFile | undefined, at_ms: number) => ({ url: shore(partOf(video, at_ms), sizeOf(video)) });

/** What is seen of images by their number: frames that were kept, and one photograph. */
export function imagesOf(): { keep(image: OfferedFile, video: OfferedFile | undefined, at_ms: number): OfferedFile; seen(file: number): CoverImage } {
  const kept = new Map<number, CoverImage>();
  const image = (part: number, [width_px, height_px]: [number, number]): CoverImage => ({ url: shore(part, [width_px, height_px]), width_px, height_px });
  return {
    keep(frame, video, at_ms) {
      kept.set(frame.file, image(partOf(video, at_ms), sizeOf(video)));
      return frame;
    },
    seen: (file) => kept.get(file) ?? image(0.3, [2400, 1800]),
  };
}
