import { afterEach, describe, expect, it, vi } from "vitest";
import type { LiveRow, UploadRow, Wait } from "../bindings";
import { language, languages } from "../i18n/format";
import { headline, sentencesOf, standstill } from "../i18n/sentences";
import { face } from "./face";

const around = { nowMs: Date.parse("2026-11-21T15:24:00Z"), paused: false, platform: "Bilibili", remote: true };
const cause = { code: "disk_full", params: { path: "/media" }, detail: "" };
const row = (live: Partial<LiveRow>): UploadRow => ({
  id: 1, manuscript: 1, title: "Pier", file: "pier.mp4", account: 1, account_label: "main", platform: "bilibili", sibling: false,
  live: {
    id: 1, phase: "sending", intent: "run", held_bytes: 50, sent_bytes: 60, total_bytes: 100, resent_bytes: 0, bytes_per_second: 0, eta_seconds: null,
    resumed_at_bytes: null, wait: null, cause: null, remote: null, resubmittable: false, limit_bytes_per_second: null, phase_at_ms: 0, ...live,
  },
});
const until_ms = around.nowMs + 20_000;
const waits: Wait[] = [
  { reason: "retry", until_ms, cause },
  { reason: "quota", until_ms, cause },
  { reason: "sign_in", cause },
  { reason: "file_missing", cause },
  { reason: "file_changed", cause },
  { reason: "disk", until_ms, cause },
  { reason: "secrets", cause },
  { reason: "platform", until_ms },
  { reason: "start_at", until_ms },
  { reason: "hours", until_ms },
  { reason: "publish_at", until_ms },
  { reason: "together", others: 2, stopped: null },
  { reason: "together", others: 1, stopped: cause },
];

afterEach(() => {
  language.value = "en";
  vi.useRealTimers();
});

describe("a row", () => {
  it("that does not move says why, in every language", () => {
    for (const spoken of languages) {
      language.value = spoken;
      for (const wait of waits) expect(face(row({ wait }), around).line.join("").length, `${spoken} ${wait.reason}`).toBeGreaterThan(5);
      for (const still of [row({ intent: "hold" }), row({ phase: "failed", cause }), row({ phase: "queued", wait: { reason: "turn", ahead: 3 } })])
        expect(face(still, around).line[1], spoken).not.toBe("");
    }
  });

  it("names the cause and the next try", () => {
    expect(face(row({ wait: { reason: "retry", until_ms, cause } }), around).line.join("")).toBe(`Waiting: ${headline(cause)}, next try in 20\u00a0s`);
  });

  it("shows the zone of a time that a person has set", () => {
    const words = face(row({ phase: "queued", wait: { reason: "start_at", until_ms } }), around).line.join("");
    expect(words).toMatch(/ GMT([+-]\d+(:\d+)?)?,/);
  });

  it("that a person can cure has its remedy on it, one of them primary", () => {
    for (const reason of ["sign_in", "file_missing", "file_changed", "secrets"] as const) {
      const { cures } = face(row({ wait: { reason, cause } }), around);
      expect(cures.filter((cure) => cure.primary), reason).toHaveLength(1);
    }
  });

  it("never shows 100 % before all is acknowledged, nor a time that nobody knows", () => {
    const shown = face(row({ held_bytes: 999, sent_bytes: 1000, total_bytes: 1000, bytes_per_second: 5 }), around);
    expect(shown.meter?.label).toBe("99\u00a0%");
    expect(shown.meter?.below).toEqual(["0\u00a0kB/s", "–"]);
  });

  it("has another silhouette and word for each state", () => {
    const faces = [
      row({ phase: "queued", wait: { reason: "turn", ahead: 1 } }),
      row({}),
      row({ phase: "committing" }),
      row({ wait: { reason: "quota", until_ms, cause } }),
      row({ intent: "hold" }),
      row({ phase: "failed", cause }),
      row({ phase: "published" }),
      row({ phase: "cancelled" }),
    ].map((one) => face(one, around));
    expect(new Set(faces.map((one) => one.icon)).size).toBe(faces.length);
    expect(new Set(faces.map((one) => one.line[0])).size).toBe(faces.length);
  });

  it("is counted from one in the line", () => {
    expect(face(row({ phase: "queued", wait: { reason: "turn", ahead: 3 } }), around).line.join("")).toBe("Queued · 4th in line");
    expect(face(row({ phase: "queued", wait: { reason: "turn", ahead: 0 } }), around).line.join("")).toBe("Queued · next in line");
  });
});

describe("a queue that does not move", () => {
  it("says why in every language, with the cause and the time in their places", () => {
    const codes = Object.keys(sentencesOf("en")).filter((code) => code.startsWith("idle."));
    expect(codes.length).toBeGreaterThan(15);
    for (const spoken of languages) {
      language.value = spoken;
      for (const code of codes) {
        const said = standstill({ why: "retry", until_ms, said: { code, params: { until_ms: String(until_ms), uploads: "3" }, detail: "" }, cause });
        expect(said.replace(headline(cause), ""), `${spoken} ${code}`).not.toMatch(/[{}–]|undefined/);
        expect(said.includes(headline(cause)), `${spoken} ${code}`).toBe((sentencesOf(spoken)[code] ?? "").includes("{cause}"));
      }
    }
  });

  it("says a time once, with its zone and how long that is", () => {
    vi.setSystemTime("2026-11-21T12:00:00");
    const at_ms = Date.now() + 7_200_000;
    const said = standstill({ why: "hours", until_ms: at_ms, said: { code: "idle.hours_until", params: { until_ms: String(at_ms) }, detail: "" }, cause: null });
    expect(said).toMatch(/^Outside the hours for uploads, goes on at \S+( [ap]m)? GMT\S*, in 2\u00a0h$/i);
  });
});
