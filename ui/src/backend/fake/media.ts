/** What videos of the fake say of themselves, by their names. */
import type { FileKind, Media, OfferedFile } from "../../bindings";
import { cause } from "./rows";

const kindOf = (name: string): FileKind => (/\.(jpe?g|png|webp)$/i.test(name) ? "image" : /\.(srt|vtt)$/i.test(name) ? "captions" : "video");

const media = (container: string, duration_ms: number, size: [number, number], frames_per_second: number, codec: string, more: Partial<NonNullable<Media["video"]>> = {}): Media => ({
  container,
  duration_ms,
  video: { codec, stored_px: size, shown_px: size, rotation_deg: 0, frames_per_second, is_variable: false, ...more },
  audio: { codec: "aac", channels: 2, sample_rate_hz: 48_000 },
});

const known: Record<string, Media> = {
  "harbour-crane-4k.mov": media("mov", 252_000, [3840, 2160], 30_000 / 1001, "h264"),
  "levee-ride-uncut.mp4": media("mp4", 3_754_000, [1920, 1080], 59.94, "hevc", { shown_px: [1080, 1920], rotation_deg: 90, is_variable: true }),
};

/** Its kind, what it says, and a warning where it says nothing. */
export function looked(name: string): Pick<OfferedFile, "kind" | "media" | "warning"> {
  const kind = kindOf(name);
  const said = kind !== "video" || /\.(bin|avi)$/i.test(name) ? null : (known[name] ?? media("mp4", 61_000, [1920, 1080], 25, "h264"));
  return { kind, media: said, warning: kind === "video" && said === null ? cause("media_unread", { file: name }) : null };
}
