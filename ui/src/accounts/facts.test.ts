import { beforeEach, describe, expect, it } from "vitest";
import type { AccountRow, Allowance, Health } from "../bindings";
import { account, type Part } from "../backend/fake/accounts";
import { language } from "../i18n/format";
import { face } from "./facts";

const NOW = Date.UTC(2026, 10, 22, 12, 0, 0);
const MINUTE = 60_000;
const DAY = 86_400_000;
const row = (health: Partial<Health>, rest: Omit<Part, "health"> = {}, platform = "wangsu"): AccountRow => account(1, platform, "one", {}, { health: { credential: "access_key", ...health }, ...rest }, NOW);
const allowance = (what: Allowance["what"], left: number, of: number | null = null, renews_at_ms: number | null = null): Allowance => ({ what, left, of, renews_at_ms });
const facts = (of: AccountRow) => face(of, NOW).facts.map(({ text }) => text);
const cause = (code: string) => ({ code, params: {}, detail: "" });

beforeEach(() => {
  language.value = "en";
});

describe("a tile", () => {
  it("of a dead sign-in comes first, has the primary button and claims nothing of today", () => {
    const dead = face(row({ state: "signed_out", credential: "sign_in", valid_until_ms: NOW - MINUTE, cause: cause("bluesky_sign_in_ended") }, { signs_in: true, unfinished: 2 }), NOW);
    expect([dead.rank, dead.act, dead.urgent, dead.edge]).toEqual([0, "sign_in", true, "waiting"]);
    expect(dead.facts[1].text).toBe("not known until you sign in");
    expect(dead.more).toContain("2 uploads wait");
    const key = face(row({ state: "signed_out" }), NOW);
    expect([key.act, key.word]).toEqual(["new_key", "Key refused."]);
  });

  it("of a sign-in that died before its end says when that was seen, not when it would have been", () => {
    const [lasts] = facts(row({ state: "signed_out", valid_until_ms: NOW + 9 * DAY, checked_at_ms: NOW - 2 * DAY }));
    expect(lasts).toMatch(/^ended November 20/);
  });

  it("warns of a key's end a week before, of a sign-in's two days before, and of none that renews itself", () => {
    const look = (health: Partial<Health>) => face(row(health, { signs_in: health.credential === "sign_in" }), NOW);
    expect([look({ valid_until_ms: NOW + 7 * DAY }).word, look({ valid_until_ms: NOW + 8 * DAY }).word]).toEqual(["Ends in 7 days.", "Working"]);
    const signIn = { credential: "sign_in" } as const;
    expect([look({ ...signIn, valid_until_ms: NOW + 2 * DAY }).act, look({ ...signIn, valid_until_ms: NOW + 3 * DAY }).act]).toEqual(["sign_in", "check"]);
    expect(look({ valid_until_ms: NOW + DAY, renews: true }).word).toBe("Working");
  });

  it("has a bar where there is a whole, and none elsewhere", () => {
    const whole = face(row({ allowances: [allowance("works", 3, 5, NOW + 90 * MINUTE)] }), NOW).facts;
    expect([whole[1].text, whole[1].bar]).toEqual(["3 of 5 works", { value: 3, max: 5 }]);
    expect(whole[2].text).toContain("in 1\u00a0h\u00a030\u00a0min");
    const open = face(row({ allowances: [allowance("uploads", 23), allowance("bytes", 9_650_000_000)] }), NOW).facts;
    expect([open[1].text, open[1].bar, open[2].text]).toEqual(["23 videos, 9.65\u00a0GB", undefined, "not told when"]);
  });

  it("shows no figure of a minute or a day that is over", () => {
    const past = NOW - 1;
    expect(facts(row({ allowances: [allowance("requests", 82, 100, past)] })).slice(1)).toEqual(["100 requests a minute", "every minute"]);
    expect(facts(row({ allowances: [allowance("works", 0, 5, past)] }, { today: { sent_bytes: 2_000_000_000, works: 1 } }))[1]).toBe("no limit known, 2\u00a0GB sent");
    expect(face(row({ allowances: [allowance("works", 0, 5, past)] }), NOW).word).toBe("Working");
  });

  it("of a spent day says so and until when, and asks for nobody", () => {
    const spent = face(row({ cause: null, allowances: [] }, { wait: { reason: "quota", until_ms: NOW + 45_000, cause: cause("bluesky_daily_quota") } }), NOW);
    expect([spent.word, spent.edge, spent.urgent]).toEqual(["Nothing left for now.", "plain", false]);
    expect(spent.facts.slice(1).map(({ text }) => text)).toEqual(["nothing", "in 45\u00a0s"]);
    expect(face(row({ cause: cause("bluesky_daily_quota") }), NOW).word).toBe("Nothing left for now.");
  });

  it("of a folder has its room", () => {
    const folder = face(row({ credential: null, allowances: [allowance("disk", 1_200_000_000_000, 2_000_000_000_000)] }, {}, "folder"), NOW);
    expect([folder.act, folder.facts[1].text, folder.facts[2].text]).toEqual(["open", "1.2 of 2\u00a0TB", "uses none"]);
  });
});
