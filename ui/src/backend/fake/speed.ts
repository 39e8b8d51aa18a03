/** How fast uploads may go, decided as the engine decides, in the zone of this browser. */
import type { Level, Present, Speed, Timetable, TimetableChange, TurtleChange } from "../../bindings";

const HOUR_MS = 3_600_000;
const HOURS_A_WEEK = 168;

export interface FakeSpeed {
  now: () => Speed;
  setLimit: (limit: number | null) => void;
  setTurtle: (change: TurtleChange) => void;
  timetable: () => Timetable;
  setTimetable: (change: TimetableChange) => Timetable;
  /** Hours of the day; `null` when none were set, or a week was painted. */
  hours: () => string | null;
  isPainted: () => boolean;
  setHours: (text: string | null) => void;
}

/** A working week as the pictures show it: slower in working hours, and next to nothing in the evening. */
const weekday = (day: number, hour: number): Level => {
  if (day > 4) return "full";
  if (hour >= 9 && hour < 18) return "cap";
  if (hour >= 19 && hour < 23) return day % 2 === 0 ? "turtle" : "off";
  return "full";
};

const place = (atMs: number): number => {
  const at = new Date(atMs);
  return ((at.getDay() + 6) % 7) * 24 + at.getHours();
};

export function speedOf(painted: boolean): FakeSpeed {
  let limit: number | null = 20_000_000;
  let turtle: Speed["turtle"] = { on: false, bytes_per_second: 500_000 };
  let cap = 5_000_000;
  let hours: string | null = null;
  let week: Level[] = Array.from({ length: HOURS_A_WEEK }, (_, n) => (painted ? weekday(Math.floor(n / 24), n % 24) : "full"));
  const levelAt = (atMs: number): Level => week[place(atMs)] ?? "full";
  const present = (): Present => {
    const now = Date.now();
    const level = levelAt(now);
    for (let n = 1; n <= HOURS_A_WEEK; n += 1) {
      const at = Math.floor(now / HOUR_MS + n) * HOUR_MS;
      if (levelAt(at) !== level) return { level, until_ms: at, next: levelAt(at) };
    }
    return { level, until_ms: null, next: null };
  };
  const inForce = (): Speed["in_force"] => {
    const { level } = present();
    const all: [number | null, "hand" | "turtle" | "timetable"][] = [
      [limit, "hand"],
      [turtle.on ? turtle.bytes_per_second : null, "turtle"],
      [level === "cap" ? cap : level === "turtle" ? turtle.bytes_per_second : null, "timetable"],
    ];
    const set = all.flatMap(([bytes_per_second, by]) => (bytes_per_second === null ? [] : [{ bytes_per_second, by }]));
    return set.sort((a, b) => a.bytes_per_second - b.bytes_per_second)[0] ?? null;
  };
  const timetable = (): Timetable => {
    const at = place(Date.now());
    return { week: [...week], cap_bytes_per_second: cap, hours, now: present(), day: Math.floor(at / 24), hour: at % 24, zone: "UTC", offset: "+00:00" };
  };
  return {
    now: () => ({ limit_bytes_per_second: limit, turtle: { ...turtle }, timetable: present(), level_bytes_per_second: cap, in_force: inForce(), headroom: null }),
    setLimit: (next) => void (limit = next),
    setTurtle: ({ on, bytes_per_second }) => void (turtle = { on: on ?? turtle.on, bytes_per_second: bytes_per_second ?? turtle.bytes_per_second }),
    timetable,
    setTimetable: (change) => {
      cap = change.cap_bytes_per_second ?? cap;
      if (change.week) [week, hours] = [[...change.week], null];
      return timetable();
    },
    hours: () => hours,
    isPainted: () => hours === null && week.some((level) => level !== "full"),
    setHours: (text) => {
      hours = text;
      const [from = 0, to = 24] = (text?.match(/\d\d(?=:)/g) ?? []).map(Number);
      const isOpen = (hour: number) => text === null || (from < to ? hour >= from && hour < to : hour >= from || hour < to);
      week = week.map((_, n) => (isOpen(n % 24) ? "full" : "off"));
    },
  };
}
