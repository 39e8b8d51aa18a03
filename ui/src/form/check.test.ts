import { describe, expect, it } from "vitest";
import type { Field } from "../bindings";
import { fault, joinTags, level, localTime, measure, rfc3339, splitTags } from "./check";

const field = (part: Partial<Field>): Field => ({
  name: "title", kind: "text", required: false, required_when: null, max: null, bytes_max: null, min: null, tags: null, refuses: [], range: null, choices: [], listed: false, default: null, from: null, advanced: false, label: {}, help: {}, ...part,
});
const none = () => "";

describe("a field", () => {
  it("is measured as its site counts", () => {
    expect([measure("😀字", "utf16"), measure("😀字", "scalar"), measure("😀字", "byte")]).toEqual([3, 2, 7]);
    expect(measure("👩‍👩‍👧é", "grapheme")).toBe(2);
  });

  it("is needed when it is required, or when another field has the value that asks for it", () => {
    expect(fault(field({ required: true }), " ", none)).toEqual({ kind: "needed" });
    const source = field({ name: "source", required_when: { field: "copyright", is: "2" } });
    expect(fault(source, "", (name) => (name === "copyright" ? "2" : ""))).toEqual({ kind: "needed" });
    expect(fault(source, "", () => "1")).toBeNull();
  });

  it("says both figures when it is too long", () => {
    expect(fault(field({ max: { count: 2, of: "scalar" } }), "abc", none)).toEqual({ kind: "too_long", length: 3, max: 2 });
    expect(fault(field({ max: { count: 2, of: "scalar" } }), "😀字", none)).toBeNull();
  });

  it("of a number takes whole numbers within its range", () => {
    const number = field({ kind: "integer", range: [1, 9] });
    expect(fault(number, "x", none)).toEqual({ kind: "not_a_number" });
    expect(fault(number, "10", none)).toEqual({ kind: "out_of_range", min: 1, max: 9 });
    expect(fault(number, " 9 ", none)).toBeNull();
  });

  it("warns from nine tenths of its limit", () => {
    expect([89, 90, 100, 101].map((length) => level(length, 100))).toEqual(["ok", "near", "near", "over"]);
  });

  it("of tags takes commas of every script, each tag once", () => {
    expect(splitTags("港，#crane、 ＃ 4k,, ")).toEqual(["港", "crane", "4k"]);
    expect(joinTags(["a", "b", "a"])).toBe("a,b");
  });

  it("of a time goes to RFC 3339 and back", () => {
    expect(localTime(rfc3339("2026-11-21T15:24"))).toBe("2026-11-21T15:24");
    expect(rfc3339("")).toBe("");
  });
});
