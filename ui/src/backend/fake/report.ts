/** Steps of an upload that come while it moves, and reports as the engine makes them. */
import type { Report, ReportAsked, Step, UploadRow } from "../../bindings";

const PART = 8_388_608;

export function stepsOf({ platform, live }: UploadRow): Step[] {
  const since = Date.now() - 60_000;
  const steps: Omit<Step, "number">[] = [];
  const add = (event: string, params: Record<string, string>) => steps.push({ at_ms: since + steps.length * 700, event, params });
  if (live.phase === "queued") return [];
  add("phase", { phase: "opening" });
  if (platform !== "folder") add("request", { method: "POST", address: `upload.${platform}.example/init`, status: "200", ms: "84", bytes: "412" });
  add("phase", { phase: "sending" });
  add("lanes", { lanes: "4" });
  const parts = Math.floor(live.held_bytes / PART);
  for (let number = 1; number <= parts; number += 1) {
    if (platform !== "folder") add("request", { method: "PUT", address: `upload.${platform}.example/parts/${String(number)}`, status: "200", ms: String(610 + number), bytes: String(PART) });
    add("part", { number: String(number), bytes: String(PART) });
  }
  if (live.wait?.reason === "retry") add("retry_in", { code: live.wait.cause.code, after: "20.0", ...live.wait.cause.params });
  return steps.map((step, n) => ({ number: n + 1, ...step }));
}

export function reportsOf() {
  let last = 0;
  return {
    isLast: (number: number) => number === last,
    make(asked: ReportAsked, rows: UploadRow[]): Report {
      last += 1;
      const uploads = rows.slice(0, 3).map(({ id, platform, file, live }) => ({ id, platform, phase: live.phase, detail: asked.names ? file : "…" }));
      const file = (name: string, told: unknown) => ({ name, text: `${JSON.stringify(told, null, 2)}\n` });
      return {
        number: last,
        files: [
          file("about.json", { slipway: "0.1.0", system: "linux, Debian GNU/Linux 12 (bookworm)", machine: "x86_64" }),
          file("queue.json", { counts: { all: rows.length }, uploads }),
          { name: "logs/desktop.2026-11-22.log", text: "2026-11-22T15:24:07Z  INFO slipway_engine: upload=3 landed part=7\n" },
        ],
      };
    },
  };
}
