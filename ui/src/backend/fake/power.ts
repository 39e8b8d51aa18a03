/** What the machine does while uploads go and when they are sent, and how they share the line. */
import type { Line, Power, PowerChange } from "../../bindings";

const MINUTE_MS = 60_000;

export interface FakePower {
  now: () => Power;
  set: (change: PowerChange) => void;
  cancel: () => void;
  line: () => Line;
  setLine: (line: Line) => void;
}

/** With `counts` all is sent, and the last minute has begun. */
export function powerOf(counts: boolean): FakePower {
  let power: Power = {
    keep_awake: true,
    is_awake: true,
    then: counts ? "shut_down" : "nothing",
    even_if_failed: false,
    offered: ["sleep", "hibernate", "shut_down"],
    countdown: counts ? { then: "shut_down", at_ms: Date.now() + MINUTE_MS } : null,
  };
  let line: Line = { order: "finish_first", uploads_at_once: 3, parts_at_once: null, headroom: false, platforms: {} };
  return {
    now: () => structuredClone(power),
    set: ({ keep_awake, then, even_if_failed }) => {
      power = { ...power, keep_awake: keep_awake ?? power.keep_awake, is_awake: keep_awake ?? power.is_awake, then: then ?? power.then, even_if_failed: even_if_failed ?? power.even_if_failed, countdown: null };
    },
    cancel: () => {
      power = { ...power, then: "nothing", even_if_failed: false, countdown: null };
    },
    line: () => structuredClone(line),
    setLine: (next) => {
      line = structuredClone(next);
    },
  };
}
