/** What a video says of itself, in words. */
import type { OfferedFile } from "../bindings";
import { length, t } from "../i18n";
import { list, NBSP, size } from "../i18n/format";

const CODECS: Record<string, string> = {
  h264: "H.264", hevc: "HEVC", av1: "AV1", vp8: "VP8", vp9: "VP9", mpeg4: "MPEG-4", mpeg2video: "MPEG-2", mpeg1video: "MPEG-1", prores: "ProRes", gif: "GIF",
  aac: "AAC", opus: "Opus", vorbis: "Vorbis", mp3: "MP3", mp2: "MP2", ac3: "AC-3", eac3: "E-AC-3", flac: "FLAC", alac: "ALAC",
};
const codec = (name: string) => CODECS[name] ?? (name.startsWith("pcm_") ? "PCM" : name.toUpperCase());

/** Size, length, picture, frame rate and codecs, as far as they are known. */
export function factsOf({ size_bytes, media }: OfferedFile): string {
  const { facts } = t();
  const said = [size(size_bytes)];
  if (media) {
    const { duration_ms, video, audio } = media;
    if (duration_ms !== null) said.push(length(duration_ms / 1000));
    if (video) {
      said.push(video.shown_px.join(`${NBSP}×${NBSP}`));
      if (video.rotation_deg !== 0) said.push(facts.turned(video.rotation_deg));
      if (video.frames_per_second !== null) said.push(video.is_variable ? facts.varying(video.frames_per_second) : facts.fps(video.frames_per_second));
    }
    const codecs = [...(video ? [codec(video.codec)] : []), ...(audio ? [codec(audio.codec)] : [])];
    if (codecs.length > 0) said.push(list(codecs));
    if (video && !audio) said.push(facts.silent);
  }
  return facts.all(said);
}
