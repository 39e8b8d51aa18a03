/** The queue the fake begins with: every state once or more, then as many more rows as are asked for. */
import type { Cause, LiveRow, UploadRow, Wait } from "../../bindings";

const MB = 1_000_000;
const GB = 1_000 * MB;
const MINUTE = 60_000;

export const cause = (code: string, params: Record<string, string> = {}, detail = ""): Cause => ({ code, params, detail });

export interface Seed {
  title: string;
  file: string;
  account: number;
  live: Partial<LiveRow> & Pick<LiveRow, "phase" | "total_bytes">;
  sibling?: boolean;
}

/** Today at that time, so that pictures of the window do not change with the hour. */
export const today = (now: number, hours: number, minutes: number) => new Date(now).setHours(hours, minutes, 0, 0);

export function seeds(now: number): Seed[] {
  const at = (minutes: number) => now - minutes * MINUTE;
  const turn = (ahead: number): Wait => ({ reason: "turn", ahead });
  const bytes = (total: number, held = 0) => ({ total_bytes: total, held_bytes: held, sent_bytes: held });
  return [
    {
      title: "Harbour crane at dawn, 4K",
      file: "harbour-crane-4k.mov",
      account: 1,
      live: {
        phase: "sending", ...bytes(3.86 * GB, 2.74 * GB), sent_bytes: 2.8 * GB, resent_bytes: 18 * MB,
        resumed_at_bytes: 2.43 * GB, bytes_per_second: 6.2 * MB, eta_seconds: 180, phase_at_ms: at(6),
      },
    },
    {
      title: "Harbour crane at dawn, 4K",
      file: "harbour-crane-4k.mov",
      account: 6,
      sibling: true,
      live: { phase: "sending", ...bytes(3.86 * GB, 3.4 * GB), bytes_per_second: 142 * MB, eta_seconds: 4, phase_at_ms: at(2) },
    },
    {
      title: "Studio tour, uncut",
      file: "studio-tour.mp4",
      account: 2,
      live: {
        phase: "sending", ...bytes(9.6 * GB, 5.4 * GB), phase_at_ms: at(22),
        wait: { reason: "retry", until_ms: now + 20_000, cause: cause("connect_failed", { host: "vod.cn-shanghai.aliyuncs.com" }, "connect: network is unreachable") },
      },
    },
    {
      title: "Grading night footage for beginners: scopes, skin tones and the one mistake everybody makes",
      file: "grading-night.mov",
      account: 1,
      live: {
        phase: "failed", ...bytes(912 * MB, 912 * MB), phase_at_ms: at(22),
        cause: cause(
          "field_too_long",
          { platform: "bilibili", field: "title", length: "91", max: "79" },
          '{"code":123015,"message":"title too long","request_id":"7c1e0f52"}',
        ),
      },
    },
    { title: "Night market walk", file: "night-market.mp4", account: 1, live: { phase: "committing", ...bytes(1.8 * GB, 1.8 * GB), phase_at_ms: at(0) } },
    {
      title: "Harbour crane, one-minute cut",
      file: "harbour-crane-one-minute.mp4",
      account: 5,
      live: { phase: "sending", ...bytes(188 * MB, 75 * MB), phase_at_ms: at(32), wait: { reason: "sign_in", cause: cause("bilibili_sign_in_ended") } },
    },
    {
      title: "Tide pools at low water",
      file: "tide-pools.mp4",
      account: 1,
      live: {
        phase: "processing", ...bytes(640 * MB, 640 * MB), phase_at_ms: at(44),
        wait: { reason: "platform", until_ms: now + 6 * MINUTE },
        remote: { id: "BV1tp4y1z7aa", url: "https://www.bilibili.com/video/BV1tp4y1z7aa", words: "In review" },
      },
    },
    {
      title: "Levee ride, ninety minutes",
      file: "levee-ride.mp4",
      account: 4,
      live: {
        phase: "processing", ...bytes(4.15 * GB, 4.15 * GB), phase_at_ms: at(12),
        wait: { reason: "platform", until_ms: now + 40_000 },
        remote: { id: "vi4blUQJFrYWbaG44NChkH27", url: "https://embed.api.video/vod/vi4blUQJFrYWbaG44NChkH27", words: null },
      },
    },
    { title: "Two-light interview set-up", file: "interview.mov", account: 3, live: { phase: "sending", intent: "hold", ...bytes(2.9 * GB, 1.1 * GB), phase_at_ms: at(74) } },
    {
      title: "Boatyard in winter",
      file: "boatyard.mp4",
      account: 1,
      live: {
        phase: "committing", ...bytes(2.4 * GB, 2.4 * GB), phase_at_ms: at(90),
        wait: { reason: "quota", until_ms: today(now, 24, 0), cause: cause("bilibili_daily_quota") },
      },
    },
    {
      title: "Five knife skills",
      file: "five-knife-skills.mov",
      account: 2,
      live: { phase: "sending", ...bytes(6.1 * GB, 0.7 * GB), phase_at_ms: at(100), wait: { reason: "file_missing", cause: cause("file_missing", { file: "five-knife-skills.mov" }) } },
    },
    {
      title: "Levee ride, short",
      file: "levee-short.mp4",
      account: 2,
      live: { phase: "sending", ...bytes(320 * MB, 40 * MB), phase_at_ms: at(101), wait: { reason: "file_changed", cause: cause("file_changed", { file: "levee-short.mp4" }) } },
    },
    {
      title: "Pier timelapse",
      file: "pier-timelapse.mp4",
      account: 6,
      live: {
        phase: "sending", ...bytes(14.2 * GB, 3.3 * GB), phase_at_ms: at(8),
        wait: { reason: "disk", until_ms: now + 45_000, cause: cause("disk_full", {}, "/media/archive") },
      },
    },
    {
      title: "Sound check, north hall",
      file: "sound-check.mp4",
      account: 4,
      live: { phase: "queued", ...bytes(75 * MB), phase_at_ms: at(5), wait: { reason: "secrets", cause: cause("secrets_unreachable", {}, "org.freedesktop.secrets") } },
    },
    { title: "Studio tour, uncut", file: "studio-tour.mp4", account: 4, live: { phase: "queued", ...bytes(9.6 * GB), phase_at_ms: at(22), wait: turn(3) } },
    { title: "Market at noon", file: "market-noon.mp4", account: 3, live: { phase: "opening", ...bytes(220 * MB), phase_at_ms: at(0.1) } },
    {
      title: "Rain on the pier",
      file: "rain-pier.mp4",
      account: 1,
      live: {
        phase: "published", ...bytes(1.2 * GB, 1.2 * GB), phase_at_ms: at(50),
        remote: { id: "BV1ab411c7XY", url: "https://www.bilibili.com/video/BV1ab411c7XY", words: null },
      },
    },
    {
      title: "Rain on the pier",
      file: "rain-pier.mp4",
      account: 6,
      sibling: true,
      live: { phase: "published", ...bytes(1.2 * GB, 1.2 * GB), phase_at_ms: at(55), remote: { id: "rain-pier.mp4", url: "file:///media/archive/rain-pier.mp4", words: null } },
    },
    { title: "Test of the new microphone", file: "mic-test.mp4", account: 4, live: { phase: "cancelled", ...bytes(48 * MB, 12 * MB), phase_at_ms: at(120) } },
    {
      title: "Old harbour, drone",
      file: "old-harbour.mp4",
      account: 3,
      live: { phase: "failed", ...bytes(820 * MB, 120 * MB), phase_at_ms: at(130), cause: cause("http_server_fault", { host: "api.vod.example.com", status: "503" }, "HTTP 503 Service Unavailable") },
    },
  ];
}

/** A work that its platform looked at and sent back. */
export const returned = (now: number): Seed => ({
  title: "Night on the quay",
  file: "night-quay.mp4",
  account: 1,
  live: {
    phase: "failed", total_bytes: 640 * MB, held_bytes: 640 * MB, sent_bytes: 640 * MB, resubmittable: true, phase_at_ms: now - 9 * MINUTE,
    cause: cause("bilibili_returned", { platform: "bilibili", code: "-2", message: "Title and picture do not belong together" }, "-2 returned"),
    remote: { id: "BV1qu4y1c7XY", url: "https://www.bilibili.com/video/BV1qu4y1c7XY", words: null },
  },
});

const more = ["Harbour", "Market", "Studio", "Levee", "Pier", "Kitchen", "Boatyard", "Tide pools"] as const;
const kinds = ["in the morning", "at noon", "by night", "uncut", "one-minute cut", "with sound", "in winter"] as const;

/** Row `n` of a long list: a finished or a queued one. */
export function filler(n: number, now: number): Seed {
  const total = (20 + ((n * 7919) % 900)) * MB;
  const done = n % 3 !== 0;
  const title = `${more[n % more.length] ?? ""} ${kinds[(n * 5) % kinds.length] ?? ""}, take ${n}`;
  return {
    title,
    file: `take-${n}.mp4`,
    account: 1 + (n % 6),
    live: done
      ? { phase: "published", total_bytes: total, held_bytes: total, sent_bytes: total, phase_at_ms: now - n * 1000, remote: { id: `w${n}`, url: `https://example.com/w/${n}`, words: null } }
      : { phase: "queued", total_bytes: total, phase_at_ms: now - n * 1000, wait: { reason: "turn", ahead: n } },
  };
}

export function grow(seed: Seed, id: number, manuscript: number, platform: string, label: string): UploadRow {
  return {
    id,
    manuscript,
    title: seed.title,
    file: seed.file,
    account: seed.account,
    account_label: label,
    platform,
    sibling: seed.sibling ?? false,
    live: {
      id, intent: "run", held_bytes: 0, sent_bytes: 0, resent_bytes: 0, bytes_per_second: 0, eta_seconds: null,
      resumed_at_bytes: null, wait: null, cause: null, remote: null, resubmittable: false, limit_bytes_per_second: null, phase_at_ms: 0, ...seed.live,
    },
  };
}
