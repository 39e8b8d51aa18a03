/** Why nothing moves, in the words of the api, for the waits that the fake backend knows. */
import type { Counts, Standstill, Wait, Why } from "../../bindings";

export function standstillOf(counts: Counts, paused: boolean, wait: Wait | null): Standstill {
  const still = (why: Why, until: number | null = null, params: Record<string, string> = {}): Standstill => ({
    why,
    until_ms: until,
    said: { code: until === null ? `idle.${why}` : `idle.${why}_until`, params: { ...params, ...(until === null ? {} : { until_ms: String(until) }) }, detail: "" },
    cause: !paused && wait && "cause" in wait ? wait.cause : null,
  });
  if (counts.running + counts.waiting + counts.with_platforms === 0) return still(counts.all === 0 ? "nothing" : "done");
  if (paused || wait?.reason === "paused") return still("paused", wait?.reason === "paused" ? wait.until_ms : null);
  if (counts.running > 0 || wait === null || wait.reason === "turn") return still("working");
  switch (wait.reason) {
    case "sign_in":
    case "file_missing":
    case "file_changed":
    case "secrets":
      return still("needs_you", null, { uploads: String(counts.needs_you) });
    case "network":
      return still(wait.until_ms === null ? "network" : "budget", wait.until_ms);
    case "together":
      return still("together");
    default:
      return still(wait.reason, wait.until_ms);
  }
}
