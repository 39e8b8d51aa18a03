import { expect, test } from "vitest";
import type { Field } from "../bindings";
import { cured, refusedAt, shorten, takeOut } from "./cures";

const field = (part: Partial<Field>): Field => ({
  name: "f", kind: "text", required: false, required_when: null, max: null, bytes_max: null, min: null, tags: null, refuses: [], range: null, choices: [], listed: false,
  default: null, from: null, advanced: false, label: {}, help: {}, ...part,
});
const EMOJI: [number, number][] = [[0x1f000, 0x1faff]];

test("a text is shortened between characters, as the platform counts them", () => {
  expect(shorten("abc", { count: 3, of: "scalar" })).toBe("abc");
  expect(shorten("abcd", { count: 3, of: "scalar" })).toBe("abc");
  expect(shorten("ab cd", { count: 3, of: "scalar" })).toBe("ab");
  expect(shorten("e\u0301e\u0301", { count: 1, of: "grapheme" })).toBe("e\u0301");
  expect(shorten("ae\u0301", { count: 2, of: "scalar" })).toBe("a");
  expect(shorten("海海", { count: 5, of: "byte" })).toBe("海");
  expect(shorten("a👨‍👩‍👧", { count: 20, of: "byte" })).toBe("a👨‍👩‍👧");
  expect(shorten("a👨‍👩‍👧", { count: 18, of: "byte" })).toBe("a");
});

test("tags are left out from the end until the rest fits", () => {
  const tags = field({ kind: "tags" });
  expect(cured({ do: "keep_first", count: 2 }, tags, "a, b，c")).toBe("a,b");
  expect(cured({ do: "shorten", to: { count: 4, of: "scalar" } }, tags, "ab,cd,e")).toBe("ab");
  expect(cured({ do: "shorten", to: { count: 5, of: "scalar" } }, tags, "ab,cd,e")).toBe("ab,cd");
  expect(cured({ do: "shorten", to: { count: 2, of: "scalar" } }, tags, "abc")).toBe("ab");
});

test("characters that are refused are found and taken out whole", () => {
  expect(refusedAt("海 🎬x", EMOJI)).toEqual({ from: 2, to: 4 });
  expect(refusedAt("plain", EMOJI)).toBeNull();
  expect(takeOut("a 👨‍👩‍👧 b🎬", EMOJI)).toBe("a  b");
  expect(cured({ do: "take_out" }, field({ refuses: EMOJI }), "🎬 dawn")).toBe("dawn");
  expect(cured({ do: "sign_in" }, field({}), "text")).toBeNull();
});
