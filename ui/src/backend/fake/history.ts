/** What the fake has sent before: some days of every result, then as many more as are asked for. */
import type { AccountRow, HistoryDay, HistoryFilter, HistoryOverview, HistoryRow, UploadReceipt } from "../../bindings";
import { cause, filler } from "./rows";

const MB = 1_000_000;
const GB = 1_000 * MB;
const DAY_MS = 86_400_000;
const PART_BYTES = 8 * 1024 * 1024;

type Seed = [day: number, hours: number, minutes: number, title: string, account: number, phase: HistoryRow["phase"], bytes: number, rate: number | null];

const SEEDS: Seed[] = [
  [0, 14, 31, "Rain on the pier", 1, "published", 912.384 * MB, 18.7 * MB],
  [0, 14, 5, "Night market walk", 5, "published", 188 * MB, 11.2 * MB],
  [0, 13, 52, "Levee ride, ninety minutes", 4, "published", 14.1 * GB, 19.4 * MB],
  [0, 13, 20, "海边的一天", 1, "processing", 1.4 * GB, 17.9 * MB],
  [0, 11, 48, "Boatyard in winter, uncut", 6, "published", 42 * GB, 151 * MB],
  [0, 10, 7, "Five knife skills", 1, "failed", 2.2 * GB, 18.1 * MB],
  [1, 22, 40, "夜明けの港のクレーン", 2, "published", 3.9 * GB, 21 * MB],
  [1, 21, 15, "Two-light interview set-up", 3, "published", 2.9 * GB, 16.6 * MB],
  [1, 18, 2, "Studio tour, first try", 2, "cancelled", 9.6 * GB, null],
  [1, 17, 31, "Tide pools, rough cut", 4, "published", 1.1 * GB, 17.2 * MB],
  [4, 23, 10, "Harbour at night", 1, "published", 3.3 * GB, 22.4 * MB],
  [4, 19, 44, "Ships, a supercut", 2, "published", 2.6 * GB, 20.8 * MB],
  [4, 19, 2, "Grading basics", 3, "published", 1.1 * GB, 18 * MB],
];

const HASH = "5d41402abc4b2a76b9719d911017c592a3f0e1c44e6b7d8890aa12bc34de56f0";

export function pastRows(now: number, accounts: readonly AccountRow[], wanted: number): HistoryRow[] {
  const midnight = (back: number) => new Date(new Date(now).setHours(0, 0, 0, 0) - back * DAY_MS + DAY_MS / 2).setHours(0, 0, 0, 0);
  const made = SEEDS.map(([back, hours, minutes, title, account, phase, bytes, rate], n) => rowOf(1000 + n, midnight(back) + (hours * 60 + minutes) * 60_000, title, account, phase, bytes, rate));
  for (let n = made.length; n < wanted; n += 1) {
    const { title, account, live } = filler(n * 3 + 1, now);
    made.push(rowOf(1000 + n, midnight(5 + Math.floor(n / 40)) + (86_000 - (n % 40) * 600) * 1000, title, account, "published", live.total_bytes, 12 * MB));
  }
  return made;

  function rowOf(id: number, at: number, title: string, number: number, phase: HistoryRow["phase"], bytes: number, rate: number | null): HistoryRow {
    const account = accounts[number - 1]?.account;
    const took = rate === null ? null : (bytes / rate) * 1000;
    const began = at - 150_000 - (took ?? 0);
    return {
      id,
      at_ms: at,
      title,
      file: `${title.toLowerCase().replaceAll(/[ ,]+/g, "-")}.mp4`,
      account: account?.id ?? 0,
      account_label: account?.label ?? "",
      platform: account?.platform ?? "folder",
      phase,
      total_bytes: bytes,
      started_at_ms: began,
      landed_at_ms: took === null ? null : began + took,
      bytes_per_second: rate,
      remote:
        phase === "cancelled"
          ? null
          : { id: `BV1ab4${id}`, url: account?.platform === "folder" ? `file:///media/archive/${id}.mp4` : `https://www.bilibili.com/video/BV1ab4${id}`, words: phase === "processing" ? "In review" : null },
      cause: phase === "failed" ? cause("bilibili_returned", { platform: "bilibili", code: "-2", message: "Title and picture do not belong together" }, "-2") : null,
      removed: id % 2 === 0,
    };
  }
}

export function found(rows: readonly HistoryRow[], filter: HistoryFilter): HistoryRow[] {
  const words = (filter.search ?? "").toLowerCase().split(/\s+/);
  return rows.filter(
    (row) =>
      (filter.account === null || row.account === filter.account) &&
      (filter.platform === null || row.platform === filter.platform) &&
      (filter.phase === null || row.phase === filter.phase) &&
      (filter.since_ms === null || row.at_ms >= filter.since_ms) &&
      words.every((word) => [row.title, row.file, row.account_label, row.remote?.id, row.remote?.url].join("\n").toLowerCase().includes(word)),
  );
}

export function overviewOf(rows: readonly HistoryRow[], all: readonly HistoryRow[]): HistoryOverview {
  const days: HistoryDay[] = [];
  for (const row of rows) {
    const start = new Date(row.at_ms).setHours(0, 0, 0, 0);
    const day = days.at(-1);
    if (day?.start_ms === start) {
      day.uploads += 1;
      day.bytes += row.total_bytes;
    } else days.push({ start_ms: start, uploads: 1, bytes: row.total_bytes });
  }
  const accounts = new Map(all.map((row) => [row.account, { id: row.account, platform: row.platform, label: row.account_label, removed: false }]));
  return { uploads: rows.length, bytes: rows.reduce((sum, row) => sum + row.total_bytes, 0), since_ms: rows.at(-1)?.at_ms ?? null, days, accounts: [...accounts.values()] };
}

export function receiptOf(row: HistoryRow): UploadReceipt {
  const landed = row.landed_at_ms;
  const event = (at_ms: number, name: string, params: Record<string, string> = {}) => ({ at_ms, event: name, params });
  const ended = row.phase === "processing" ? [] : [event(row.at_ms, row.phase, row.cause ? { code: row.cause.code, ...row.cause.params } : {})];
  return {
    row,
    online: false,
    path: `/home/studio/Videos/${row.file}`,
    fields: { title: row.title },
    proof: landed === null ? null : { blake3: HASH, crc64: "9a1c34f0e77b2d15", parts: Math.ceil(row.total_bytes / PART_BYTES), part_bytes: PART_BYTES, answers: [] },
    held_bytes: landed === null ? row.total_bytes * 0.3 : row.total_bytes,
    sent_bytes: row.total_bytes,
    resent_bytes: 0,
    created_at_ms: row.started_at_ms - 60_000,
    submitted_at_ms: landed === null ? null : landed + 2_000,
    finished_at_ms: row.phase === "processing" ? null : row.at_ms,
    timeline: [
      event(row.started_at_ms, "started"),
      event(row.started_at_ms + 400, "opened", { parts: "109" }),
      ...(landed === null ? [] : [event(landed + 1_000, "submitting"), event(landed + 2_000, "accepted", { remote_id: row.remote?.id ?? "" }), event(landed + 30_000, "platform", { words: "In review" })]),
      ...ended,
    ],
    version: "0.1.0",
  };
}
