/** Accounts to look at: the six of every day, and ten on five platforms with one dead sign-in and one spent day. */
import type { Account, AccountRow, Allowance, Credential } from "../../bindings";
import { cause } from "./rows";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export type Part = Omit<Partial<AccountRow>, "account"> & { health?: Partial<Account["health"]> };

export function account(id: number, platform: string, label: string, settings: Record<string, string>, part: Part, born: number): AccountRow {
  const { health, ...rest } = part;
  return {
    account: {
      id,
      platform,
      label,
      settings,
      health: {
        state: "ready",
        identity: null,
        place: null,
        credential: null,
        valid_until_ms: null,
        renews: false,
        scopes: [],
        allowances: [],
        checked_at_ms: born - 4 * MINUTE,
        cause: null,
        ...health,
      },
      created_at_ms: born - DAY,
    },
    unfinished: 0,
    wait: null,
    today: { sent_bytes: 0, works: 0 },
    signs_in: platform === "bilibili",
    hands_out_tokens: platform === "api-video",
    limit_bytes_per_second: null,
    ...rest,
  };
}

const allowance = (what: Allowance["what"], left: number, of: number | null = null, renews_at_ms: number | null = null): Allowance => ({ what, left, of, renews_at_ms });

type Entry = [platform: string, label: string, settings: Record<string, string>, part: (born: number) => Part];

/** The next midnight in China, where one platform counts. */
const midnight = (born: number) => (Math.floor((born + 8 * HOUR) / DAY) + 1) * DAY - 8 * HOUR;
const key = (credential: Credential, place: string, more: Partial<Account["health"]> = {}) => ({ credential, place, ...more });

const bilibili: Entry = [
  "bilibili",
  "main",
  { client_id: "a1b2c3" },
  (born) => ({
    health: { identity: "Harbour Studio", credential: "sign_in", valid_until_ms: born + 89 * DAY, renews: true, scopes: ["USER_INFO", "ARC_BASE"], allowances: [allowance("works", 3, 5, midnight(born))] },
    today: { sent_bytes: 4_210_000_000, works: 2 },
  }),
];
const aliyun: Entry = ["aliyun-vod", "studio", { region: "cn-shanghai", access_key_id: "example-key-id" }, () => ({ health: key("access_key", "cn-shanghai"), today: { sent_bytes: 14_200_000_000, works: 6 } })];
const wangsu: Entry = [
  "wangsu",
  "archive",
  { domain: "https://vod.example.com" },
  () => ({ health: key("access_key", "vod.example.com", { state: "troubled", cause: cause("http_server_fault", { host: "vod.example.com", status: "503" }) }), today: { sent_bytes: 2_900_000_000, works: 1 } }),
];
const apiVideo: Entry = ["api-video", "main", {}, (born) => ({ health: key("api_key", "production", { allowances: [allowance("requests", 82, 100, born + 24_000)] }) })];
const bluesky: Entry = [
  "bluesky",
  "@studio.example.com",
  { handle: "@studio.example.com" },
  (born) => ({
    signs_in: true,
    health: { state: "signed_out", identity: "studio.example.com", credential: "sign_in", valid_until_ms: born - 32 * MINUTE, cause: cause("bluesky_sign_in_ended") },
    wait: { reason: "sign_in", cause: cause("bluesky_sign_in_ended") },
  }),
];
const folder: Entry = ["folder", "Archive drive", { folder: "/media/archive" }, () => ({ health: { identity: "/media/archive", allowances: [allowance("disk", 1_200_000_000_000, 2_000_000_000_000)] } })];

const SIX: Entry[] = [bilibili, aliyun, wangsu, apiVideo, bluesky, folder];

const TEN: Entry[] = [
  bilibili,
  aliyun,
  ["wangsu", "archive", { domain: "https://vod.example.com" }, () => ({ health: key("access_key", "vod.example.com"), today: { sent_bytes: 2_900_000_000, works: 1 } })],
  apiVideo,
  bluesky,
  [
    "bilibili",
    "second",
    { client_id: "d4e5f6" },
    (born) => ({
      health: { identity: "Levee Rides", credential: "sign_in", valid_until_ms: born + 12 * DAY, renews: true, scopes: ["USER_INFO", "ARC_BASE"], allowances: [allowance("works", 0, 5, midnight(born))] },
      wait: { reason: "quota", until_ms: midnight(born), cause: cause("bilibili_daily_quota") },
      today: { sent_bytes: 9_800_000_000, works: 5 },
    }),
  ],
  [
    "aliyun-vod",
    "guests",
    { region: "ap-northeast-1" },
    (born) => ({ health: key("temporary_key", "ap-northeast-1", { valid_until_ms: born + 5 * DAY }) }),
  ],
  ["wangsu", "events", { domain: "https://live.example.com" }, () => ({ health: key("access_key", "live.example.com") })],
  ["api-video", "trial", {}, () => ({ health: key("upload_token", "sandbox"), hands_out_tokens: false })],
  [
    "bluesky",
    "@levee.example.com",
    { handle: "@levee.example.com" },
    (born) => ({ health: { identity: "levee.example.com", credential: "app_password", valid_until_ms: born + 60 * DAY, renews: true, scopes: ["com.atproto.appPass"], allowances: [allowance("uploads", 23), allowance("bytes", 9_650_000_000)] }, today: { sent_bytes: 350_000_000, works: 2 } }),
  ],
];

export const accountsAt = (born: number, ten: boolean): AccountRow[] => (ten ? TEN : SIX).map(([platform, label, settings, part], n) => account(n + 1, platform, label, settings, part(born), born));
