/**
 * A backend in memory that behaves: uploads move, pause, fail and finish, and commands change what they say they change.
 *
 * For browser tests and for a look at the window without the engine; never part of the product's build.
 * In the address: `?rows=100000` for a long queue, `?ten` for ten accounts, `?fresh` for the first run, `?still` so that nothing moves by itself,
 * `?network=metered`, `ask`, `cable`, `vpn`, `offline`, `untold` for other links than a free Wi-Fi, `?unopened` where no browser can be opened, `?countdown` for the last minute before the machine ends its day, `?painted` for a timetable, `?proxied` for a proxy, `?past=100000` for a long history, `?returned` for a work that its platform returned.
 */
import type {
  AccountRow,
  Cause,
  Counts,
  Cure,
  Failure,
  Hours,
  LiveRow,
  NoticeChoices,
  OfferedFile,
  Patch,
  Preflight,
  QueueWindow,
  Severity,
  Show,
  Summary,
  Template,
  UploadDetail,
  UploadTokenNamed,
  UploadTokenRow,
  UploadId,
  HistoryRow,
  UploadRow,
  UploadSet,
  Wait,
} from "../bindings";
import { refusedAt } from "../form/cures";
import { account, accountsAt } from "./fake/accounts";
import { frameOf, imagesOf } from "./fake/covers";
import { draftsOf } from "./fake/drafts";
import { looked } from "./fake/media";
import { found, overviewOf, pastRows, receiptOf } from "./fake/history";
import { watchingOf } from "./fake/watches";
import { networkOf } from "./fake/network";
import { cause, filler, grow, returned, seeds } from "./fake/rows";
import { powerOf } from "./fake/power";
import { proxyOf } from "./fake/proxy";
import { reportsOf, stepsOf } from "./fake/report";
import { specs } from "./fake/specs";
import { speedOf } from "./fake/speed";
import { standstillOf } from "./fake/standstill";
import { type Answer, type Backend, type CommandName, type Drag, type Looks, plainLooks, type Request } from "./port";

const PART_BYTES = 8 * 1024 * 1024;
const TICK_MS = 200;
const LOOKS = "slipway-looks";
const LOGIN = "slipway-login";
const CONFIRM_MS = 60_000;

const failure = (code: string, params: Record<string, string> = {}, detail = ""): Failure => ({ code, params, detail });
const isFinal = (live: LiveRow) => live.phase === "published" || live.phase === "failed" || live.phase === "cancelled";
const needsPerson = (wait: Wait | null) => wait !== null && (wait.reason === "network" ? wait.asks : ["sign_in", "file_missing", "file_changed", "secrets"].includes(wait.reason));
const isWaiting = (live: LiveRow) => !isFinal(live) && live.phase !== "processing" && live.wait !== null && live.wait.reason !== "turn";

const shows: Record<Show, (live: LiveRow) => boolean> = {
  all: () => true,
  needs_you: (live) => live.phase === "failed" || (!isFinal(live) && needsPerson(live.wait)),
  running: (live) => live.intent === "run" && live.wait === null && (live.phase === "opening" || live.phase === "sending"),
  waiting: isWaiting,
  with_platforms: (live) => live.phase === "processing" || (live.phase === "committing" && live.wait === null),
  done: (live) => live.phase === "published",
  failed: (live) => live.phase === "failed",
};

export function fake(search: string = location.search): Backend {
  const asked = new URLSearchParams(search);
  const still = asked.has("still");
  const wanted = Number(asked.get("rows") ?? 0);
  const born = Date.now();
  const images = imagesOf();

  let accounts: AccountRow[] = [];
  const rows = new Map<UploadId, UploadRow>();
  let order: UploadId[] = [];
  const fields = new Map<number, Record<string, string>>();
  const power = powerOf(asked.has("countdown"));
  const proxy = proxyOf(asked.has("proxied"), (code) => failure(code));
  const caps = speedOf(asked.has("painted"));
  const hours = (): Hours => ({ hours: caps.hours(), painted: caps.isPainted(), accounts: {}, zone: "UTC", offset: "+00:00" });
  let notices: NoticeChoices = { off: [], quiet: null };
  let paused = false;
  let rests: number | null = null;
  let inView = new Set<UploadId>();
  let nextId = 1;
  let nextFile = 1;
  const offered = new Map<number, OfferedFile>();
  const templates = new Map<string, Template>([["Daily", { name: "Daily", fields: { title: "Harbour, day {index:03}", tags: "harbour, daily" }, accounts: [], hold: false, priority: null }]]);
  const hearers = new Set<(patch: Patch) => void>();
  const dragHearers = new Set<(drag: Drag) => void>();
  let changed = new Set<UploadId>();
  let stale = false;
  let accountsStale = false;
  let networkStale = false;
  let watchesStale = false;
  const watching = watchingOf(born, asked.has("fresh"), () => (watchesStale = true));
  const tokens = new Map<number, UploadTokenRow[]>();
  let newlyOffered: OfferedFile[] = [];

  if (!asked.has("fresh")) {
    accounts = accountsAt(born, asked.has("ten"));
    const begin = asked.has("returned") ? [returned(born), ...seeds(born)] : seeds(born);
    for (let n = 0; n < Math.max(begin.length, wanted); n += 1) {
      const seed = begin[n] ?? filler(n, born);
      const of = accounts[seed.account - 1]?.account;
      const id = nextId++;
      rows.set(id, grow(seed, id, seed.sibling ? id - 1 : id, of?.platform ?? "folder", of?.label ?? ""));
      order.push(id);
    }
  }

  const past: HistoryRow[] = asked.has("fresh") ? [] : pastRows(born, accounts, Number(asked.get("past") ?? 0));
  const pastRow = (id: UploadId): HistoryRow => {
    const known = past.find((one) => one.id === id);
    if (!known) throw failure("receipt_unknown", { id: String(id) });
    return known;
  };

  const all = function* () {
    for (const id of order) {
      const row = rows.get(id);
      if (row) yield row;
    }
  };
  const touch = (id: UploadId, change: Partial<LiveRow>) => {
    const row = rows.get(id);
    if (!row) return;
    row.live = { ...row.live, ...change };
    changed.add(id);
  };

  const reports = reportsOf();
  let counted: Counts | null = null;
  let left = 0;
  const counts = (): Counts => {
    if (counted) return counted;
    counted = { all: order.length, needs_you: 0, running: 0, waiting: 0, with_platforms: 0, done: 0, failed: 0 };
    left = 0;
    for (const { live } of all()) {
      if (shows.needs_you(live)) counted.needs_you += 1;
      if (shows.running(live)) counted.running += 1;
      if (shows.waiting(live)) counted.waiting += 1;
      if (shows.with_platforms(live)) counted.with_platforms += 1;
      if (shows.done(live)) counted.done += 1;
      if (shows.failed(live)) counted.failed += 1;
      if (!isFinal(live) && live.wait === null && live.intent === "run") left += live.total_bytes - live.held_bytes;
    }
    return counted;
  };
  const summary = (): Summary => {
    const sum = counts();
    let speed = 0;
    for (const id of order.slice(0, 200)) {
      const row = rows.get(id);
      if (row && shows.running(row.live) && row.platform !== "folder") speed += row.live.bytes_per_second;
    }
    if (paused) speed = 0;
    const wait = rests === null ? (network.status().wait ?? [...all()].find(({ live }) => isWaiting(live))?.live.wait ?? null) : ({ reason: "paused", until_ms: rests } as const);
    return {
      counts: { ...sum },
      bytes_per_second: speed,
      eta_seconds: speed > 0 ? Math.ceil(left / speed) : null,
      left_bytes: left,
      speed: caps.now(),
      paused,
      rests_until_ms: rests,
      moving_bytes: left,
      idle: speed > 0 ? null : standstillOf(sum, paused, wait),
      countdown: power.now().countdown,
    };
  };

  const send = () => {
    if (hearers.size === 0) return;
    const patch: Patch = {
      rows: [...changed].filter((id) => inView.has(id)).flatMap((id) => rows.get(id)?.live ?? []),
      summary: changed.size > 0 || stale ? ((counted = null), summary()) : null,
      queue_stale: stale,
      accounts_stale: accountsStale,
      network_stale: networkStale,
      watches_stale: watchesStale,
      offered: newlyOffered,
    };
    [changed, stale, accountsStale, networkStale, watchesStale, newlyOffered] = [new Set(), false, false, false, false, []];
    if (patch.rows.length === 0 && !patch.summary && !patch.queue_stale && !patch.accounts_stale && !patch.network_stale && !patch.watches_stale && patch.offered.length === 0) return;
    for (const hear of hearers) hear(patch);
  };

  const step = () => {
    const now = Date.now();
    for (const id of order.slice(0, 200)) {
      const row = rows.get(id);
      if (!row) continue;
      const { live } = row;
      if (live.wait && "until_ms" in live.wait && live.wait.until_ms !== null && live.wait.until_ms <= now) {
        if (live.wait.reason === "platform") touch(id, { phase: "published", wait: null, phase_at_ms: now });
        else touch(id, { wait: null, resumed_at_bytes: live.held_bytes });
        stale = true;
      }
      if (paused || live.intent === "hold" || live.wait) continue;
      if (live.phase === "opening" && now - live.phase_at_ms > 6_000) {
        touch(id, { phase: "sending", phase_at_ms: now });
      } else if (live.phase === "sending") {
        const wave = 1 + 0.06 * Math.sin(now / 1700 + id);
        const cap = row.platform === "folder" ? 142_000_000 : Math.min(caps.now().in_force?.bytes_per_second ?? 20_000_000, 6_200_000);
        const speed = cap * wave;
        const sent = Math.min(live.total_bytes, Math.max(live.sent_bytes, live.held_bytes) + (speed * TICK_MS) / 1000);
        const held = Math.min(live.total_bytes, Math.floor(sent / PART_BYTES) * PART_BYTES);
        const whole = sent >= live.total_bytes;
        touch(id, {
          sent_bytes: sent,
          held_bytes: whole ? live.total_bytes : Math.max(held, live.held_bytes),
          bytes_per_second: Math.round(speed),
          eta_seconds: Math.ceil((live.total_bytes - sent) / speed),
          ...(whole ? { phase: "committing" as const, bytes_per_second: 0, eta_seconds: null, phase_at_ms: now } : {}),
        });
      } else if (live.phase === "committing" && now - live.phase_at_ms > CONFIRM_MS) {
        touch(id, { phase: "published", phase_at_ms: now, remote: { id: `w${id}`, url: `https://example.com/w/${id}`, words: null } });
      }
    }
    send();
  };
  if (still) setInterval(send, TICK_MS);
  else setInterval(step, TICK_MS);

  /** Uploads that leave this machine stop and go on as the link allows. */
  const weigh = () => {
    for (const { id, platform, live } of all()) {
      if (platform === "folder" || !["queued", "opening", "sending"].includes(live.phase)) continue;
      const wait = network.waitOf(id);
      if (live.wait?.reason === "network" ? wait?.reason !== "network" || wait.cause !== live.wait.cause : wait !== null && live.wait === null)
        touch(id, { wait, ...(wait ? { bytes_per_second: 0, eta_seconds: null, sent_bytes: live.held_bytes } : { resumed_at_bytes: live.held_bytes }) });
    }
    [stale, networkStale] = [true, true];
    send();
  };
  const network = networkOf(asked.get("network"), weigh);
  if (asked.has("network")) weigh();

  const ids = (set: UploadSet) => (set.all ? [...order] : set.ids.filter((id) => rows.has(id)));
  const each = (set: UploadSet, change: (row: UploadRow) => boolean) => {
    let n = 0;
    for (const id of ids(set)) {
      const row = rows.get(id);
      if (row && change(row)) n += 1;
    }
    stale = true;
    counted = null;
    send();
    return { changed: n };
  };
  const matching = (window: QueueWindow) => {
    const words = window.search?.trim().toLowerCase() ?? "";
    if (window.show === "all" && words === "") return order;
    const found: UploadId[] = [];
    for (const row of all()) {
      if (!shows[window.show](row.live)) continue;
      if (words !== "" && !`${row.title} ${row.file} ${row.account_label}`.toLowerCase().includes(words)) continue;
      found.push(row.id);
    }
    return found;
  };
  const offer = (name: string, folder: string, bytes: number): OfferedFile => {
    const file: OfferedFile = {
      file: nextFile++,
      name,
      folder,
      size_bytes: bytes,
      online: false,
      title: name.replace(/\.[^.]+$/, ""),
      ...looked(name),
      cause: bytes === 0 ? cause("file_empty", { file: name }) : null,
    };
    offered.set(file.file, file);
    return file;
  };

  const preflight = (request: Request<"manuscripts_check">): Preflight[] =>
    request.files.flatMap((id) =>
      request.accounts.map((accountId) => {
        const file = offered.get(id);
        const platform = accounts.find((row) => row.account.id === accountId)?.account.platform ?? "";
        const spec = specs.find((one) => one.name === platform);
        const findings: Preflight["findings"] = [];
        const find = (severity: Severity, field: string | null, said: Cause, cure: Cure | null = field === null ? null : { do: "edit" }) => findings.push({ severity, field, cause: said, cure });
        const limitBytes = spec?.limits.file_max_bytes ?? 0;
        if (file?.online && !spec?.takes_online) find("red", null, cause("online_not_taken", { file: file.name, platform }));
        if (file && limitBytes > 0) {
          const over = file.size_bytes > limitBytes;
          find(over ? "red" : "green", null, cause(over ? "file_too_large" : "met_size", { file: file.name, platform, bytes: String(file.size_bytes), max_bytes: String(limitBytes) }));
        }
        const written = { ...request.fields, ...request.own[id]?.fields };
        const value = (name: string, from: string | null, fallback: string | null) =>
          written[`${platform}.${name}`] ?? (from === null ? undefined : written[from]) ?? (from === "title" ? file?.title : undefined) ?? fallback ?? "";
        for (const field of spec?.fields ?? []) {
          const text = value(field.name, field.from, field.default);
          const when = field.required_when;
          const whenField = when && spec?.fields.find((one) => one.name === when.field);
          const needed = field.required || (when && whenField && value(when.field, whenField.from, whenField.default) === when.is);
          const params = { platform, field: field.name };
          if (text.trim() === "") {
            if (needed) find("red", field.name, cause("field_required", params));
          } else if (field.max && text.length > field.max.count) {
            find("red", field.name, cause("field_too_long", { ...params, length: String(text.length), max: String(field.max.count) }), { do: "shorten", to: field.max });
          } else if (field.kind === "integer" && !/^\d+$/.test(text)) {
            find("red", field.name, cause("field_not_a_number", { ...params, value: text }));
          } else if (field.max && !field.advanced) {
            find("green", field.name, cause("met_length", { ...params, length: String(text.length), max: String(field.max.count) }));
          }
          const at = refusedAt(text, field.refuses);
          if (at) {
            const character = text.slice(at.from, at.to);
            const code_point = `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase()}`;
            find("red", field.name, cause("field_character", { ...params, character, code_point, position: String([...text.slice(0, at.from)].length + 1), count: "1" }), { do: "take_out" });
          }
        }
        if (file && platform !== "folder" && !/\.(mp4|mov|mkv|webm)$/i.test(file.name))
          find("amber", null, cause("file_format_unsure", { file: file.name, platform, formats: "mp4, mov" }));
        if (platform === "folder") find("green", null, cause("met_disk", { account: "Archive drive", left: "1200000000000", wanted: String(file?.size_bytes ?? 0) }));
        const publishMs = Date.parse(written.publish_at ?? "");
        if (publishMs <= Date.now()) {
          const earliest = new Date(Math.ceil(Date.now() / 60_000) * 60_000 + 60_000);
          find("red", "publish_at", cause("publish_at_past", { platform, value: written.publish_at ?? "", earliest: earliest.toISOString() }), { do: "set_time", at_ms: earliest.getTime() });
        } else if (publishMs) find("amber", "publish_at", cause("publish_at_by_slipway", { platform, value: written.publish_at ?? "" }));
        if (request.start_at_ms !== null && request.start_at_ms <= Date.now()) find("red", "start_at", cause("start_at_past", { value: new Date(request.start_at_ms).toISOString() }), { do: "start_now" });
        const worst: Severity[] = ["red", "amber", "green"];
        findings.sort((a, b) => worst.indexOf(a.severity) - worst.indexOf(b.severity));
        return { file: id, account: accountId, findings };
      }),
    );

  const detail = (row: UploadRow): UploadDetail => {
    const { live } = row;
    const total = Math.max(1, Math.ceil(live.total_bytes / PART_BYTES));
    const landed = live.held_bytes >= live.total_bytes ? total : Math.floor(live.held_bytes / PART_BYTES);
    const began = live.phase_at_ms - 300_000;
    const event = (minutes: number, name: string, params: Record<string, string> = {}) => ({ at_ms: began + minutes * 60_000, event: name, params });
    return {
      row,
      path: `/home/studio/Videos/${row.file}`,
      fields: fields.get(row.manuscript) ?? { ...(live.resubmittable ? { "bilibili.tid": "21" } : {}), title: row.title, description: "Filmed from the public pier. Music: our own.", tags: "harbour, crane, dawn" },
      resubmit_fields: live.resubmittable ? ["title", "cover", "tid", "desc", "no_reprint"] : [],
      created_at_ms: began,
      landed_at_ms: null,
      proof: null,
      start_at_ms: row.live.wait?.reason === "start_at" ? row.live.wait.until_ms : null,
      together: [],
      parts_landed: landed > 0 ? [[0, landed]] : [],
      parts_in_flight: landed < total && live.phase === "sending" && !live.wait ? [landed, landed + 1, landed + 2].filter((n) => n < total) : [],
      parts_total: total,
      part_bytes: PART_BYTES,
      timeline: [
        event(0, "added"),
        ...(live.phase === "queued" ? [] : [event(1, "opened", { platform: row.platform })]),
        ...(live.resumed_at_bytes === null ? [] : [event(4, "resumed", { held_bytes: String(live.resumed_at_bytes) })]),
        ...(live.phase === "committing" || live.phase === "processing" ? [event(5, "submitting", { platform: row.platform })] : []),
        ...(live.phase === "failed" && live.cause ? [event(4, "submitting", { platform: row.platform }), event(5, "failed", { code: live.cause.code, ...live.cause.params })] : []),
        ...(live.phase === "published" ? [event(5, "published")] : []),
      ],
    };
  };

  const row = (id: UploadId): UploadRow => {
    const found = rows.get(id);
    if (!found) throw failure("upload_unknown", { id: String(id) });
    return found;
  };
  const tokenOf = (request: UploadTokenNamed): UploadTokenRow => {
    const found = (tokens.get(request.account) ?? []).find((one) => one.token === request.token);
    if (!found) throw failure("upload_token_unknown", { platform: accountRow(request.account).account.platform });
    return structuredClone(found);
  };
  const accountRow = (id: number): AccountRow => {
    const found = accounts.find((one) => one.account.id === id);
    if (!found) throw failure("account_unknown", { account: String(id) });
    found.unfinished = 0;
    for (const one of all()) if (one.account === id && !isFinal(one.live)) found.unfinished += 1;
    return found;
  };

  /** The account is well again, and so are its uploads. */
  const goesOn = (id: number, health: Partial<AccountRow["account"]["health"]>) => {
    const found = accountRow(id);
    found.account.health = { ...found.account.health, state: "ready", cause: null, ...health };
    found.wait = null;
    for (const one of all()) if (one.account === id && one.live.wait?.reason === "sign_in") touch(one.id, { wait: null });
    accountsStale = true;
    stale = true;
    send();
    return { account: id, health: found.account.health };
  };
  /** Somebody agrees in the browser: the event `fake-browser` tells that it came back. */
  let browserGone = () => {};
  const browserBack = () =>
    new Promise<void>((back, gone) => {
      browserGone = () => gone(failure("sign_in_cancelled"));
      addEventListener("fake-browser", () => back(), { once: true });
    });

  /** Ends waits that a person has asked for. */
  const letGo = (set: UploadSet, reasons: string[]) =>
    each(set, ({ id, live }) => {
      if (live.wait === null || !reasons.includes(live.wait.reason)) return false;
      touch(id, { wait: null });
      return true;
    });

  const commands: { [C in CommandName]: (request: Request<C>) => Answer<C> | Promise<Answer<C>> } = {
    start: () => ({ suggested_folder: "/home/studio/Videos/Slipway", has_accounts: accounts.length > 0, recovered: null, secrets: "keychain" }),
    queue_window: (window) => {
      const found = matching(window);
      const limit = Math.min(window.limit, 500);
      return { total: found.length, offset: window.offset, rows: found.slice(window.offset, window.offset + limit).map((id) => structuredClone(row(id))) };
    },
    queue_summary: () => ((counted = null), summary()),
    queue_index: (id) => {
      const at = order.indexOf(id);
      return at < 0 ? null : at;
    },
    queue_watch: (view) => ((inView = new Set(view.ids)), {}),
    upload_steps: ({ id, after }) => stepsOf(row(id)).filter((step) => step.number > after),
    report: (asked) => reports.make(asked, [...all()]),
    upload_detail: (id) => structuredClone(detail(row(id))),
    uploads_pause: (set) => {
      if (set.all) paused = true;
      return each(set, ({ id, live }) => {
        if (isFinal(live) || live.phase === "committing" || live.phase === "processing" || live.intent === "hold") return false;
        if (!set.all) touch(id, { intent: "hold", bytes_per_second: 0, eta_seconds: null });
        return true;
      });
    },
    queue_rest: (request) => {
      rests = request.until_ms;
      paused = rests !== null;
      stale = true;
      send();
      return request;
    },
    uploads_resume: (set) => {
      const was = paused;
      if (set.all) [paused, rests] = [false, null];
      return each(set, ({ id, live }) => {
        if (set.all && was) return !isFinal(live);
        if (live.intent === "run") return false;
        touch(id, { intent: "run", resumed_at_bytes: live.held_bytes });
        return true;
      });
    },
    uploads_cancel: (set) =>
      each(set, ({ id, live }) => {
        if (live.phase === "published" || live.phase === "cancelled") return false;
        touch(id, { phase: "cancelled", wait: null, cause: null, bytes_per_second: 0, eta_seconds: null, phase_at_ms: Date.now() });
        return true;
      }),
    uploads_retry: (set) =>
      each(set, ({ id, live }) => {
        if (live.phase === "published" || (!isFinal(live) && !live.wait)) return false;
        const phase = isFinal(live) ? (live.held_bytes >= live.total_bytes ? "committing" : "sending") : live.phase;
        touch(id, { phase, cause: null, wait: null, intent: "run", phase_at_ms: Date.now() });
        return true;
      }),
    uploads_remove: (set) => {
      const gone = new Set(ids(set));
      for (const id of gone) rows.delete(id);
      order = order.filter((id) => !gone.has(id));
      stale = true;
      counted = null;
      send();
      return { changed: gone.size };
    },
    upload_move: ({ id, place }) => {
      row(id);
      order = order.filter((one) => one !== id);
      const at = place.to === "first" ? 0 : place.to === "last" ? order.length : order.indexOf(place.other) + (place.to === "after" ? 1 : 0);
      order.splice(at, 0, id);
      stale = true;
      send();
      return {};
    },
    upload_set_fields: (request) => {
      const of = row(request.id);
      fields.set(of.manuscript, request.fields);
      of.title = request.fields.title ?? of.title;
      touch(of.id, { phase: of.live.held_bytes >= of.live.total_bytes ? "committing" : "sending", cause: null, wait: null, phase_at_ms: Date.now() });
      stale = true;
      send();
      return {};
    },
    uploads_set_fields: (request) => {
      const refused = ids(request.set).filter((id) => isFinal(row(id).live) && row(id).live.phase !== "failed");
      for (const id of ids(request.set)) {
        if (!refused.includes(id)) fields.set(row(id).manuscript, { ...fields.get(row(id).manuscript), ...request.fields });
      }
      return { changed: ids(request.set).length - refused.length, refused: refused.map((id) => ({ id, cause: cause("upload_past_editing", { id: String(id) }) })) };
    },
    upload_set_file: ({ id }) => {
      touch(id, { wait: null });
      stale = true;
      send();
      return {};
    },
    upload_resubmit: (request) => {
      const of = row(request.id);
      fields.set(of.manuscript, { ...fields.get(of.manuscript), ...request.fields });
      of.title = request.fields[`${of.platform}.title`] ?? request.fields.title ?? of.title;
      touch(of.id, { phase: "processing", resubmittable: false, cause: null, wait: { reason: "platform", until_ms: Date.now() + 30_000 }, phase_at_ms: Date.now() });
      stale = true;
      send();
      return {};
    },
    history_overview: (filter) => overviewOf(found(past, filter), past),
    history_window: ({ filter, offset, limit }) => structuredClone(found(past, filter).slice(offset, offset + limit)),
    history_again: (id) => {
      const before = pastRow(id);
      return { file: offer(before.file, "/home/studio/Videos", before.total_bytes), cover: null, account: before.account, fields: { title: before.title } };
    },
    receipt: (id) => structuredClone(receiptOf(pastRow(id))),
    receipt_page: (request) => `<!doctype html><title>${String(request.id)}</title>`,
    files_offered: () => [...offered.values()],
    files_forget: (gone) => {
      for (const id of gone) offered.delete(id);
      return {};
    },
    addresses_offer: (addresses) =>
      addresses.map((text) => {
        const url = URL.canParse(text) ? new URL(text) : null;
        const good = url !== null && /^https?:$/.test(url.protocol);
        const shown = good ? `${url.origin}${url.pathname}` : "";
        const file = { ...offer(shown.split("/").pop() ?? "", shown, 1), size_bytes: 0, online: true, cause: good ? null : cause("address_invalid", {}) };
        offered.set(file.file, file);
        return file;
      }),
    cover_frame: ({ file, at_ms }) => frameOf(offered.get(file), at_ms),
    cover_frame_keep: ({ file, at_ms }) => images.keep(offer(`${Math.floor(at_ms / 1000)} s.jpg`, "/home/studio/.local/share/Slipway/covers", 880_000), offered.get(file), at_ms),
    cover_image: (file) => images.seen(file),
    manuscripts_check: preflight,
    manuscripts_add: (request) => {
      const uploads: UploadId[] = [];
      for (const id of request.files) {
        const file = offered.get(id);
        if (!file) throw failure("file_unknown", { file: String(id) });
        const manuscript = nextId;
        for (const accountId of request.accounts) {
          const of = accountRow(accountId).account;
          const upload = nextId++;
          const title = request.own[id]?.fields.title ?? request.fields.title ?? file.title;
          const sibling = accountId !== request.accounts[0];
          const live = { phase: "sending" as const, total_bytes: file.size_bytes, phase_at_ms: Date.now(), intent: request.hold ? ("hold" as const) : ("run" as const) };
          const wait = request.start_at_ms === null ? {} : { phase: "queued" as const, wait: { reason: "start_at" as const, until_ms: request.start_at_ms } };
          rows.set(upload, grow({ title, file: file.name, account: accountId, sibling, live: { ...live, ...wait } }, upload, manuscript, of.platform, of.label));
          order.push(upload);
          fields.set(manuscript, { ...request.fields, ...request.own[id]?.fields });
          uploads.push(upload);
          changed.add(upload);
        }
        if (!request.keep) offered.delete(id);
      }
      stale = true;
      counted = null;
      send();
      return { uploads };
    },
    ...draftsOf(offered, asked.has("drafts")),
    manuscripts_import: (request) => {
      if (!offered.has(request.list)) throw failure("file_not_offered");
      const bad = [
        { line: 4, column: "file", cause: cause("file_missing", { file: "gone.mp4" }) },
        { line: 9, column: "bilibili.tid", cause: cause("field_not_a_number", { field: "tid", platform: "bilibili", value: "music" }) },
      ];
      return { rows: 12, manuscripts: 10, uploads: request.check_only ? [] : [1, 2, 3], bad, notes: [] };
    },
    list_header: (platforms) => `file,accounts,title,${platforms.map((name) => `${name}.title`).join()}\r\n`,
    templates: () => structuredClone([...templates.values()]),
    template_save: ({ template, replace }) => {
      if (templates.has(template.name) && !replace) throw failure("template_name_taken", { template: template.name });
      templates.set(template.name, structuredClone(template));
      return {};
    },
    template_remove: (name) => (templates.delete(name), {}),
    templates_import: () => {
      templates.set("From afar", { name: "From afar", fields: { description: "Filmed {date}" }, accounts: [], hold: false, priority: null });
      return { names: ["From afar"], missing_accounts: ["arch"] };
    },
    templates_export: () => ({ slipway_templates: 1, templates: [...templates.values()] }),
    templates_preview: (request) =>
      request.files.slice(0, 5).map((file, n) => {
        const own = request.own[file]?.fields ?? {};
        const filled = (text = "") => text.replace(/\{index:0*(\d+)\}/g, (_, width) => String(n + 1).padStart(Number(width), "0")).replaceAll("{filename}", offered.get(file)?.title ?? "");
        const said: Record<string, string | undefined> = { ...request.fields, ...own };
        const faults = Object.entries(said).flatMap(([field, text]) =>
          /\{(?!index|filename|date|folder|duration)/.test(text ?? "") ? [{ field, cause: cause("template_variable_unknown", { field, name: "indx", at: "1", known: "date, index" }) }] : [],
        );
        return { file, fields: Object.fromEntries(Object.entries(said).map(([field, text]) => [field, filled(text)])), faults };
      }),
    platforms: () => ({ platforms: specs }),
    accounts: () => accounts.map(({ account: { id } }) => structuredClone(accountRow(id))),
    account_add: (request) => {
      if (accounts.some((one) => one.account.label === request.label)) throw failure("account_label_taken", { label: request.label });
      if (Object.values(request.secrets).includes("wrong")) throw failure("bilibili_app_secret_wrong", {}, "HTTP 401");
      const id = Math.max(0, ...accounts.map((one) => one.account.id)) + 1;
      const health = { identity: request.platform === "folder" ? null : "Harbour Studio", checked_at_ms: Date.now() };
      const added = account(id, request.platform, request.label, request.settings, { health }, born);
      accounts = [...accounts, added];
      accountsStale = true;
      send();
      return added.account;
    },
    account_check: (id) => {
      const found = accountRow(id).account;
      found.health = { ...found.health, checked_at_ms: Date.now() };
      accountsStale = true;
      send();
      return { account: id, health: found.health };
    },
    account_set: (request) => {
      const found = accountRow(request.account).account;
      found.label = request.label ?? found.label;
      found.settings = { ...found.settings, ...request.settings };
      if (Object.keys(request.secrets).length > 0) goesOn(found.id, { valid_until_ms: null });
      for (const one of all()) if (one.account === found.id) one.account_label = found.label;
      accountsStale = true;
      stale = true;
      send();
      return structuredClone(found);
    },
    account_remove: (id) => {
      const { account, unfinished } = accountRow(id);
      if (unfinished > 0) throw failure("account_in_use", { account: account.label, unfinished: String(unfinished) });
      accounts = accounts.filter((one) => one.account.id !== id);
      accountsStale = true;
      stale = true;
      send();
      return {};
    },
    account_sign_in: (id) => ({ page: `https://example.com/consent?account=${String(id)}`, comes_back: accountRow(id).account.platform === "bluesky" }),
    account_sign_in_end: async (request) => {
      const { account: found } = accountRow(request.account);
      if (request.pasted === null) await browserBack();
      else if (/state=(?!fake)/.test(request.pasted)) throw failure("sign_in_state_differs", { account: found.label });
      return goesOn(found.id, { valid_until_ms: Date.now() + 14 * 86_400_000, checked_at_ms: Date.now() });
    },
    account_sign_in_cancel: () => (browserGone(), {}),
    account_tokens: (id) => structuredClone(tokens.get(id) ?? []),
    account_token: (request) => tokenOf(request),
    account_token_add: (request) => {
      const now = Date.now();
      const at = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z$/, "+00:00");
      const made = {
        token: `to${String(now)}${String((tokens.get(request.account) ?? []).length)}`,
        ttl_s: request.ttl_s ?? 0,
        created_at: at(now),
        expires_at: request.ttl_s ? at(now + request.ttl_s * 1000) : null,
      };
      tokens.set(request.account, [made, ...(tokens.get(request.account) ?? [])]);
      return structuredClone(made);
    },
    account_token_remove: (request) => {
      const gone = tokenOf(request).token;
      tokens.set(request.account, (tokens.get(request.account) ?? []).filter((one) => one.token !== gone));
      return {};
    },
    account_choices: (request) => {
      const { platform } = accountRow(request.account).account;
      if (platform !== "bilibili" || request.field !== "tid") throw failure("choices_not_here", { platform, field: request.field });
      return [
        { value: "21", name: "生活 / 日常" },
        { value: "122", name: "知识 / 野生技术协会" },
      ];
    },
    account_choices_kept: () => ({ choices: [], at_ms: null }),
    account_works: (request) => ({ total: 0, page: request.page, works: [] }),
    account_work_edit: () => ({}),
    account_work_delete: () => ({}),
    uploads_start_at: ({ uploads }) => letGo(uploads, ["start_at"]),
    uploads_let_go: (set) => letGo(set, ["publish_at", "together"]),
    uploads_leave: (set) => letGo(set, ["together"]),
    hours,
    hours_set: (request) => {
      if (request.hours !== null && !/^\d\d:\d\d-\d\d:\d\d$/.test(request.hours)) throw failure("hours_unreadable", { value: request.hours });
      caps.setHours(request.hours);
      stale = true;
      send();
      return hours();
    },
    notice_choices: () => notices,
    notice_choices_set: (request) => {
      if (request.quiet !== null && !/^\d\d:\d\d-\d\d:\d\d$/.test(request.quiet)) throw failure("hours_unreadable", { value: request.quiet });
      return (notices = request);
    },
    network: () => network.status(),
    network_rule_set: (request) => network.ruleSet(request),
    network_budget_set: (request) => network.budgetSet(request),
    network_pass: (request) => network.pass(request),
    speed: () => caps.now(),
    ...watching.commands,
    limit_set: (request) => {
      caps.setLimit(request.bytes_per_second);
      stale = true;
      send();
      return request;
    },
    account_limit_set: ({ account, bytes_per_second }) => {
      accounts = accounts.map((one) => (one.account.id === account ? { ...one, limit_bytes_per_second: bytes_per_second } : one));
      accountsStale = true;
      send();
      return {};
    },
    uploads_limit_set: ({ uploads, bytes_per_second }) =>
      each(uploads, ({ id }) => {
        touch(id, { limit_bytes_per_second: bytes_per_second });
        return true;
      }),
    power: () => power.now(),
    power_set: (change) => {
      power.set(change);
      stale = true;
      send();
      return power.now();
    },
    power_cancel: () => {
      power.cancel();
      stale = true;
      send();
      return power.now();
    },
    data_folder: () => "/home/studio/.local/share/slipway",
    settings_export: () => '{ "slipway_settings": 1 }\n',
    settings_import: ({ apply }) => {
      if (asked.has("hostile")) throw failure("settings_newer", { file: "hostile.json", found: "2", known: "1" });
      if (apply) notices = { ...notices, quiet: "23:00-06:00" };
      return {
        changes: [cause("import_speed"), cause("import_notices"), cause("import_proxy_password", { proxy: "socks5://mara@proxy.studio.example:1080" }), cause("import_account", { account: "Studio", platform: "bilibili" }), cause("import_watch_moves", { folder: "/home/studio/Videos/Renders", target: "/home/studio/Videos/Sent" })],
        left_out: [cause("import_account_here", { account: "Main" }), cause("import_watch_missing", { folder: "/media/ssd/Recordings", missing: "/media/ssd/Recordings" })],
        applied: apply,
      };
    },
    proxy: () => proxy.now(),
    proxy_set: (change) => proxy.set(change),
    line: () => power.line(),
    line_set: (next) => {
      if (next.uploads_at_once > 16) throw failure("line_out_of_bounds", { value: String(next.uploads_at_once), max: "16" });
      power.setLine(next);
      return power.line();
    },
    timetable: () => caps.timetable(),
    timetable_set: (change) => {
      const table = caps.setTimetable(change);
      stale = true;
      send();
      return table;
    },
    turtle_set: (change) => {
      caps.setTurtle(change);
      stale = true;
      send();
      return caps.now();
    },
  };

  let dragDepth = 0;
  const hearDrags = (drag: Drag) => {
    for (const hear of dragHearers) hear(drag);
  };
  addEventListener("dragenter", (event) => {
    event.preventDefault();
    dragDepth += 1;
    const names = [...(event.dataTransfer?.items ?? [])].map((_, n) => `video-${n + 1}.mp4`);
    if (dragDepth === 1) hearDrags({ state: "over", names: names.length > 0 ? names : ["video.mp4"] });
  });
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("dragleave", () => {
    dragDepth = Math.max(0, dragDepth - 1);
    if (dragDepth === 0) hearDrags({ state: "left" });
  });
  addEventListener("drop", (event) => {
    event.preventDefault();
    dragDepth = 0;
    hearDrags({ state: "left" });
    for (const file of event.dataTransfer?.files ?? []) newlyOffered.push(offer(file.name, "/home/studio/Videos", file.size));
    send();
  });

  return {
    async call<C extends CommandName>(name: C, request: Request<C>) {
      await Promise.resolve(); // as far away as a command is: never in the same turn
      return commands[name](request);
    },
    watch(onPatch) {
      hearers.add(onPatch);
      return Promise.resolve(() => void hearers.delete(onPatch));
    },
    pickFiles: (kind) =>
      Promise.resolve(
        kind === "settings"
          ? [offer(asked.has("hostile") ? "hostile.json" : "slipway-settings.json", "/home/studio/Documents", 4_000)]
          : kind === "list"
          ? [offer("list.csv", "/home/studio/Documents", 4_000)]
          : kind === "image"
          ? [offer("cover.jpg", "/home/studio/Pictures", 412_000)]
          : kind === "captions"
            ? [offer("harbour-crane-4k.en.srt", "/home/studio/Videos", 9_400), offer("harbour-crane-4k.zh-CN.vtt", "/home/studio/Videos", 8_100)]
            : [offer("harbour-crane-4k.mov", "/home/studio/Videos", 3_860_000_000), offer("levee-ride-uncut.mp4", "/home/studio/Videos", 4_150_000_000)].slice(0, asked.has("one") ? 1 : 2),
      ),
    saveText: () => Promise.resolve(true),
    pickWatchFolder: () => Promise.resolve(watching.pick()),
    pickFolder: () => Promise.resolve("/home/studio/Archive"),
    saveHistory: () => Promise.resolve(true),
    saveReceipt: () => Promise.resolve(true),
    saveReport: (number) => (reports.isLast(number) ? Promise.resolve(true) : Promise.reject(failure("report_gone"))),
    openPage: () => Promise.resolve(),
    signIn: async (id) => ({ ...(await commands.account_sign_in(id)), opened: !asked.has("unopened") }),
    openFolder: () => Promise.resolve(),
    openDataFolder: () => Promise.resolve(),
    copyText: (text) => navigator.clipboard.writeText(text).catch(() => {}),
    looks: () => Promise.resolve({ ...plainLooks, ...(JSON.parse(localStorage.getItem(LOOKS) ?? "{}") as Partial<Looks>) }),
    setLooks: (looks) => Promise.resolve(localStorage.setItem(LOOKS, JSON.stringify(looks))),
    startsAtLogin: () => Promise.resolve(localStorage.getItem(LOGIN) !== null),
    async setStartsAtLogin(on) {
      if (asked.has("sealed")) throw { code: "login_entry_failed", params: { file: "/home/studio/.config/autostart/slipway-desktop.desktop" }, detail: "" };
      on ? localStorage.setItem(LOGIN, "") : localStorage.removeItem(LOGIN);
      return Promise.resolve(on);
    },
    onGo: () => Promise.resolve(() => {}),
    onDrag(hear) {
      dragHearers.add(hear);
      return Promise.resolve(() => void dragHearers.delete(hear));
    },
    hide: () => Promise.resolve(),
    quit: () => Promise.resolve(),
  };
}

/** Twenty minutes before now, for the graph: an even line with one dip and a standstill. */
export function past(): { rate: number; still: "retry" | null }[] {
  if (new URLSearchParams(location.search).has("fresh")) return [];
  return Array.from({ length: 1200 }, (_, n) => {
    if (n >= 960 && n < 1140) return { rate: 0, still: "retry" as const };
    const base = n >= 1140 ? 6_200_000 : n > 420 && n < 460 ? 12_000_000 : 19_400_000;
    return { rate: base * (1 + 0.03 * Math.sin(n / 7) + 0.02 * Math.sin(n / 3.1)), still: null };
  });
}
