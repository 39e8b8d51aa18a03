/** Watched folders whose files wait for every reason there is. */
import type { Afterwards, Cause, OfferedFolder, WaitingFile, WatchRow, WatchRule } from "../../bindings";
import type { Answer, CommandName, Request } from "../port";
import { cause } from "./rows";

type Watching = "watches" | "watch_add" | "watch_set" | "watch_switch" | "watch_remove" | "watch_look" | "watch_files" | "watch_send" | "watch_skip";

export interface FakeWatching {
  commands: { [C in Watching & CommandName]: (request: Request<C>) => Answer<C> };
  pick: () => OfferedFolder;
}

const MIN = 60_000;
const DAY = 86_400_000;
const SHOWN = 8;

const rule = (part: Partial<WatchRule>): WatchRule => ({
  patterns: [],
  min_bytes: null,
  max_bytes: null,
  min_age_seconds: null,
  max_age_seconds: null,
  sub_folders: false,
  settle_seconds: 10,
  accounts: [],
  template: null,
  fields: {},
  hold: false,
  priority: null,
  afterwards: { what: "keep" },
  ...part,
});

const needy = ({ wait }: WaitingFile) => ["open", "refused", "twice", "stays"].includes(wait.reason);

/** A folder and everything that waits in it. */
interface Folder {
  row: WatchRow;
  files: WaitingFile[];
}

function seeds(born: number): Folder[] {
  let next = 1;
  const file = (name: string, size_bytes: number, wait: WaitingFile["wait"], beneath = ""): WaitingFile => ({ file: next++, name, beneath, size_bytes, seen_at_ms: born - 5 * MIN, wait });
  const folder = (watch: number, name: string, path: string, part: Partial<WatchRow>, files: WaitingFile[]): Folder => ({
    files,
    row: {
      watch,
      name,
      folder: path,
      is_drive: false,
      rule: rule({}),
      state: { is: "watching" },
      switched_at_ms: born - 4 * DAY,
      last_look_ms: born - MIN,
      next_look_ms: born + 9 * MIN,
      taken: 0,
      first_taken_ms: null,
      notes: [],
      waits: [],
      waits_total: 0,
      needs_you: 0,
      ...part,
    },
  });
  const move: Afterwards = { what: "move", folder: null, path: "/media/studio/T7/Footage/Sent" };
  return [
    folder(
      1,
      "Videos / Renders",
      "/home/studio/Videos/Renders",
      { rule: rule({ patterns: ["*.mp4", "*.mov"], min_bytes: 10_000_000, settle_seconds: 30, template: "Daily", accounts: [1, 2] }), taken: 41, first_taken_ms: born - 250 * DAY },
      [
        file("night-market-final.mp4", 2_140_000_000, { reason: "open", since_ms: born - 12 * MIN, program: "obs" }),
        file("tide-pools.mp4", 912_000_000, { reason: "twice", cause: cause("watch_twice_sent", { account: "main", at_ms: String(born - 46 * MIN), file: "tide-pools.mp4", url: "https://b.example/BV1" }) }),
        file("five-knife-skills-for-a-very-small-kitchen-with-one-window.mp4", 512_000_000, {
          reason: "refused",
          cause: cause("field_too_long", { length: "83", max: "80", field: "title", account: "main", platform: "bilibili", file: "five-knife-skills.mp4" }),
        }),
        file("harbour-crane-master.mov", 1_200_000_000, { reason: "growing", bytes_per_second: 18_000_000 }),
        file("boatyard.mp4", 304_000_000, { reason: "resting", until_ms: born + 6_000 }),
        file("slipway-at-dawn.mp4", 0, { reason: "empty" }),
      ],
    ),
    folder(
      2,
      "Footage / Out",
      "/media/studio/T7/Footage/Out",
      {
        is_drive: true,
        rule: rule({ patterns: ["*.mp4"], sub_folders: true, accounts: [3], afterwards: move }),
        state: { is: "waiting", since_ms: born - 200 * MIN, cause: cause("watch_drive_away", { drive: "T7", folder: "/media/studio/T7/Footage/Out" }) },
        taken: 3,
        first_taken_ms: born - 9 * DAY,
      },
      Array.from({ length: 3 }, (_, n) => file(`A00${n + 1}_C012.mp4`, 8_100_000_000, { reason: "resting", until_ms: born }, "2026-11-12")),
    ),
    folder(3, "Videos / Shorts", "/home/studio/Videos/Shorts", { rule: rule({ accounts: [5], afterwards: { what: "trash" } }), state: { is: "off" } }, [
      file("short-1.mp4", 30_000_000, { reason: "ready" }),
      file("short-2.mp4", 31_000_000, { reason: "ready" }),
    ]),
    folder(
      4,
      "srv / recordings",
      "/srv/recordings",
      {
        rule: rule({ sub_folders: true, accounts: [6] }),
        notes: [cause("watch_limit", { setting: "fs.inotify.max_user_watches", limit: "8192" })],
        taken: 1208,
        first_taken_ms: born - 30 * DAY,
      },
      [
        file("talk-12.mkv", 4_100_000_000, { reason: "stays", cause: cause("watch_move_full", { file: "talk-12.mkv", folder: "/mnt/archive" }) }, "day-2"),
        ...Array.from({ length: 12 }, (_, n) => file(`talk-${n + 13}.mkv`, 4_000_000_000, { reason: "resting", until_ms: born + 9_000 }, "day-2")),
      ],
    ),
  ];
}

/** `changed` is called after each change. */
export function watchingOf(born: number, fresh: boolean, changed: () => void): FakeWatching {
  let folders = fresh ? [] : seeds(born);
  let picked = 0;
  const find = (watch: number): Folder => {
    const found = folders.find(({ row }) => row.watch === watch);
    if (!found) throw cause("watch_unknown", { id: String(watch) });
    return found;
  };
  const rowOf = ({ row, files }: Folder): WatchRow => ({ ...row, waits: files.slice(0, SHOWN), waits_total: files.length, needs_you: files.filter(needy).length });
  const without = (watch: number, files: number[]) => {
    const of = find(watch);
    const before = of.files.length;
    of.files = of.files.filter(({ file }) => !files.includes(file));
    changed();
    return before - of.files.length;
  };
  const path = (afterwards: Afterwards): Afterwards => (afterwards.what === "move" ? { ...afterwards, folder: null } : afterwards);
  const pick = (): OfferedFolder => {
    picked += 1;
    return { folder: picked, name: "Videos / Exports", path: `/home/studio/Videos/Exports${picked > 1 ? ` ${picked}` : ""}`, cause: null as Cause | null };
  };
  return {
    pick,
    commands: {
      watches: () => structuredClone(folders.map(rowOf)),
      watch_add: ({ folder, rule: wanted }) => {
        if (folder !== 1 && folder !== picked) throw cause("folder_not_offered", {});
        const watch = Math.max(0, ...folders.map(({ row }) => row.watch)) + 1;
        const like = seeds(Date.now())[2];
        if (like) {
          const row: WatchRow = { ...like.row, watch, name: "Videos / Exports", folder: "/home/studio/Videos/Exports", state: { is: "watching" }, rule: { ...wanted, afterwards: path(wanted.afterwards) } };
          folders = [...folders, { row, files: [] }];
        }
        changed();
        return watch;
      },
      watch_set: ({ watch, rule: wanted }) => {
        find(watch).row.rule = { ...wanted, afterwards: path(wanted.afterwards) };
        changed();
        return {};
      },
      watch_switch: ({ watch, on }) => {
        const { row } = find(watch);
        row.state = on ? { is: "watching" } : { is: "off" };
        row.switched_at_ms = Date.now();
        changed();
        return {};
      },
      watch_remove: (watch) => {
        find(watch);
        folders = folders.filter(({ row }) => row.watch !== watch);
        changed();
        return {};
      },
      watch_look: (watch) => {
        find(watch).row.last_look_ms = Date.now();
        changed();
        return {};
      },
      watch_files: ({ watch, offset, limit }) => {
        const { files } = find(watch);
        return structuredClone({ total: files.length, files: files.slice(offset, offset + limit) });
      },
      watch_send: ({ watch, files }) => ({ changed: without(watch, files) }),
      watch_skip: ({ watch, files }) => ({ changed: without(watch, files) }),
    },
  };
}
