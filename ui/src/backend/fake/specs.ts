/** Platforms as the fake knows them: enough of each to draw every kind of field. Not the product's limits. */
import type { CoverLimits, Field, FieldKind, Spec } from "../../bindings";

type Words = [en: string, zh: string, ja: string];
const labels = ([en, zh, ja]: Words) => ({ en, "zh-CN": zh, ja });

interface Extra {
  required?: boolean;
  max?: number;
  from?: string;
  advanced?: boolean;
  fallback?: string;
  range?: [number, number];
  choices?: [value: string, ...Words][];
  help?: Words;
  when?: [field: string, is: string];
  listed?: boolean;
  refuses?: [number, number][];
}
const field = (name: string, kind: FieldKind, label: Words, x: Extra = {}): Field => ({
  name,
  kind,
  required: x.required ?? false,
  required_when: x.when ? { field: x.when[0], is: x.when[1] } : null,
  max: x.max === undefined ? null : { count: x.max, of: "utf16" },
  bytes_max: null,
  min: null,
  tags: null,
  refuses: x.refuses ?? [],
  range: x.range ?? null,
  choices: (x.choices ?? []).map(([value, ...words]) => ({ value, label: labels(words) })),
  listed: x.listed ?? false,
  default: x.fallback ?? null,
  from: x.from ?? null,
  advanced: x.advanced ?? false,
  label: labels(label),
  help: x.help ? labels(x.help) : {},
});

const title = (max: number) => field("title", "text", ["Title", "标题", "タイトル"], { required: true, max, from: "title" });
const about = (name: string, max: number) => field(name, "multiline", ["Description", "简介", "説明"], { max, from: "description" });
const tags = (name: string, max: number) => field(name, "tags", ["Tags", "标签", "タグ"], { max, from: "tags" });

const cover = (ratio: string | null, min: [number, number], max_bytes: number): CoverLimits => ({ max_bytes, min_width_px: min[0], min_height_px: min[1], formats: ["jpg", "png"], ratio });
const covers: Record<string, CoverLimits> = {
  bilibili: cover("16:10", [960, 600], 5_000_000),
  "aliyun-vod": cover(null, [0, 0], 33_554_432),
  "api-video": cover(null, [0, 0], 8_388_608),
  folder: cover(null, [0, 0], 52_428_800),
};

const proxy = field("proxy", "text", ["Proxy", "代理", "プロキシ"], { advanced: true });
const proxyPassword = field("proxy_password", "secret", ["Password of the proxy", "代理的密码", "プロキシのパスワード"], { advanced: true, help: ["Only for this account's own proxy.", "仅用于此账号自己的代理。", "このアカウント専用のプロキシのためのものです。"] });

const spec = (name: string, label: Words, mark: string, rest: Partial<Spec> & Pick<Spec, "fields" | "settings" | "secrets">, fileMax = 0): Spec => ({
  name,
  label: labels(label),
  mark,
  remote: name !== "folder",
  takes_online: name === "aliyun-vod",
  ticket_is_secret: name !== "folder",
  whole_checksum: name === "folder",
  limits: {
    part_min_bytes: 1 << 20,
    part_max_bytes: 64 << 20,
    part_bytes: 8 << 20,
    parts_max: 10_000,
    parts_equal: true,
    parts_idempotent: true,
    parts_at_once: 3,
    uploads_at_once: 2,
    file_max_bytes: fileMax,
    file_warn_bytes: 0,
    submit_spacing_s: 0, unpublished_s: null,
    extensions: [],
    extensions_only: false,
    media: { duration_max_ms: 0, video_codecs: [], audio_codecs: [], side_max_px: 0, frames_per_second_max: 0, bits_per_second_max: 0, channels_max: 0, sample_rate_max_hz: 0 },
    cover: covers[name] ?? null,
  },
  ...rest,
  ...(name === "folder" ? {} : { settings: [...rest.settings, proxy], secrets: [...rest.secrets, proxyPassword] }),
});

const folderField = field("folder", "folder", ["Folder", "文件夹", "フォルダー"], { required: true });
const key = field("access_key", "secret", ["AccessKey secret", "AccessKey 密钥", "AccessKey シークレット"], { required: true });

export const specs: Spec[] = [
  spec("folder", ["Local folder", "本地文件夹", "ローカルフォルダー"], "Fo", {
    settings: [folderField],
    secrets: [],
    fields: [field("title", "text", ["Title", "标题", "タイトル"], { from: "title", max: 200 }), about("description", 5000)],
  }),
  spec(
    "bilibili",
    ["Bilibili", "哔哩哔哩", "Bilibili"],
    "Bi",
    {
      settings: [field("client_id", "text", ["Client ID", "Client ID", "クライアント ID"], { required: true })],
      secrets: [
        field("client_secret", "secret", ["App secret", "应用密钥", "アプリのシークレット"], { required: true }),
        field("access_token", "secret", ["Access token", "访问令牌", "アクセストークン"], { required: true }),
        field("refresh_token", "secret", ["Refresh token", "刷新令牌", "リフレッシュトークン"], {}),
      ],
      fields: [
        title(79),
        about("desc", 249),
        tags("tag", 199),
        field("tid", "integer", ["Category", "分区", "カテゴリー"], {
      listed: true,
          required: true,
          range: [1, 9999],
          help: ["The number of the category", "分区的编号", "カテゴリーの番号"],
        }),
        field("copyright", "choice", ["Copyright", "版权", "著作権"], {
          required: true,
          fallback: "1",
          choices: [
            ["1", "Own work", "自制", "自作"],
            ["2", "Repost", "转载", "転載"],
          ],
        }),
        field("source", "text", ["Source of the repost", "转载来源", "転載元"], { when: ["copyright", "2"], max: 200 }),
        field("no_reprint", "bool", ["No reposting by others", "未经允许禁止转载", "無断転載を禁止する"], { advanced: true, fallback: "1" }),
      ],
    },
    4_000_000_000,
  ),
  spec("aliyun-vod", ["ApsaraVideo", "阿里云点播", "ApsaraVideo"], "Ap", {
    settings: [
      field("region", "choice", ["Region", "地域", "リージョン"], {
        required: true,
        fallback: "cn-shanghai",
        choices: [
          ["cn-shanghai", "Shanghai", "上海", "上海"],
          ["ap-northeast-1", "Tokyo", "东京", "東京"],
        ],
      }),
      field("access_key_id", "text", ["AccessKey ID", "AccessKey ID", "AccessKey ID"], { required: true }),
    ],
    secrets: [key],
    fields: [{ ...title(128), refuses: [[0x1f000, 0x1faff]] }, about("description", 1024), tags("tags", 500)],
  }),
  spec("wangsu", ["Wangsu VoD", "网宿云点播", "Wangsu VoD"], "Ws", {
    settings: [field("domain", "url", ["API address", "接口地址", "API のアドレス"], { required: true })],
    secrets: [key],
    fields: [title(100)],
  }),
  spec(
    "bluesky",
    ["Bluesky", "Bluesky", "Bluesky"],
    "Bs",
    {
      settings: [field("handle", "text", ["Handle", "账号名", "ハンドル"], { required: true })],
      secrets: [field("app_password", "secret", ["App password", "应用专用密码", "アプリパスワード"], { required: true })],
      fields: [
        field("text", "multiline", ["Post text", "帖子正文", "投稿の本文"], { max: 300, from: "description" }),
        field("alt", "text", ["Description for people who cannot see it", "给看不见画面的人的描述", "映像が見えない人への説明"], { max: 1000 }),
      ],
    },
    300_000_000,
  ),
  spec("api-video", ["api.video", "api.video", "api.video"], "av", {
    settings: [],
    secrets: [field("api_key", "secret", ["API key", "API 密钥", "API キー"], { required: true })],
    fields: [
      title(255),
      about("description", 2000),
      tags("tags", 500),
      field("public", "bool", ["Anyone may watch", "公开", "全員に公開"], { fallback: "true", from: "visibility" }),
      field("publish_at", "time", ["Publish at", "发布时间", "公開日時"], { from: "publish_at" }),
      field("captions", "multiline", ["Captions", "字幕", "字幕"], { from: "captions" }),
    ],
  }),
];
