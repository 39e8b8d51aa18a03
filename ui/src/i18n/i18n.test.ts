import { afterEach, describe, expect, it } from "vitest";
import { all, languageOf } from ".";
import { address, binarySize, clock, language, languages, percent, rate, shortAddress, size, sizes, spanWith } from "./format";
import { cure, fill, headline, sentence, sentencesOf } from "./sentences";

afterEach(() => {
  language.value = "en";
});

/** Every message by its path: a text, or a function with its number of arguments. */
function paths(of: unknown, at = ""): string[] {
  if (typeof of === "function") return [`${at}(${of.length})`];
  if (typeof of !== "object" || of === null || Array.isArray(of)) return [at];
  return Object.entries(of).flatMap(([name, value]) => paths(value, at === "" ? name : `${at}.${name}`));
}
const plain = (path: string) => path.replace(/\(\d+\)$/, "");

/** Every text, functions called with stand-ins. */
function texts(of: unknown): string[] {
  if (typeof of === "string") return [of];
  if (Array.isArray(of)) return of.flatMap(texts);
  if (typeof of === "function") {
    const say = of as (...of: unknown[]) => unknown;
    return [3, "3 GB", () => "x"].flatMap((stand) => {
      try {
        return texts(say(stand, stand, stand, stand));
      } catch {
        return []; // it takes another kind of value
      }
    });
  }
  return typeof of === "object" && of !== null ? Object.values(of).flatMap(texts) : [];
}

describe("the messages", () => {
  it("are complete in every language", () => {
    const english = paths(all.en).map(plain).sort();
    for (const spoken of languages) expect(paths(all[spoken]).map(plain).sort(), spoken).toEqual(english);
  });

  it("are whole: none begins or ends with a blank, save the second halves of lines", () => {
    for (const spoken of languages) {
      const { state: _lines, ...rest } = all[spoken];
      for (const text of texts(rest)) expect(text, spoken).toBe(text.trim());
    }
  });

  it("are calm: no exclamation marks, no 'please', no 'successfully'", () => {
    for (const spoken of languages) for (const text of texts(all[spoken])) expect(text, spoken).not.toMatch(/[!！]|please|oops|successfully|undefined/i);
  });

  it("of Chinese and Japanese use full-width punctuation beside their characters", () => {
    for (const spoken of ["zh-CN", "ja"] as const)
      for (const text of texts(all[spoken])) expect(text, spoken).not.toMatch(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}][,;:?]/u);
  });

  it("are not left in English", () => {
    const english = new Set(texts(all.en));
    for (const spoken of ["zh-CN", "ja"] as const) {
      const same = texts(all[spoken]).filter((text) => english.has(text) && /[a-z]{4}/.test(text));
      expect(same, spoken).toEqual([]);
    }
  });
});

describe("a language", () => {
  it("is the system's until one is chosen, and English when we do not speak the system's", () => {
    expect(languageOf("system", ["zh-TW", "en"])).toBe("zh-CN");
    expect(languageOf("system", ["fr", "ja-JP"])).toBe("ja");
    expect(languageOf("system", ["fr"])).toBe("en");
    expect(languageOf("ja", ["en"])).toBe("ja");
  });
});

describe("figures", () => {
  it("have decimal units and a no-break space", () => {
    expect([0, 999, 999_600, 18_000_000, 912_400_000, 3_860_000_000, 14_600_000_000].map(size)).toEqual(
      ["0 B", "999 B", "1 MB", "18 MB", "912 MB", "3.86 GB", "14.6 GB"].map((text) => text.replace(" ", "\u00a0")),
    );
    expect(sizes(1_100_000_000, 2_900_000_000)).toEqual(["1.1", "2.9\u00a0GB"]);
    expect(rate(6_240_000)).toBe("6.2\u00a0MB/s");
    expect(rate(142_000_000)).toBe("142\u00a0MB/s");
    expect(rate(500_000)).toBe("500\u00a0kB/s");
    expect(binarySize(8 * 1024 * 1024)).toBe("8\u00a0MiB");
  });

  it("of progress are rounded down", () => {
    expect(percent(999, 1000)).toBe("99\u00a0%");
    expect(percent(1000, 1000)).toBe("100\u00a0%");
    expect(percent(0, 0)).toBe("0\u00a0%");
  });

  it("of time have at most two units", () => {
    const say = (s: number) => spanWith(all.en.span, s).replaceAll("\u00a0", " ");
    expect([4, 59, 60, 180, 3600, 30_960, 90_000].map(say)).toEqual(["4 s", "59 s", "1 min", "3 min", "1 h", "8 h 36 min", "1 d 1 h"]);
  });

  it("of today are a clock, others have their date", () => {
    const now = new Date(2026, 10, 21, 15, 24).getTime();
    expect(clock(new Date(2026, 10, 21, 9, 5).getTime(), now)).toBe("09:05");
    expect(clock(new Date(2026, 10, 20, 9, 5).getTime(), now)).toContain("November 20");
  });
});

describe("the sentences of causes", () => {
  it("are the same codes in every language, with the same values", () => {
    const english = sentencesOf("en");
    expect(Object.keys(english).length).toBeGreaterThan(50);
    for (const spoken of languages) {
      const here = sentencesOf(spoken);
      expect(Object.keys(here).sort(), spoken).toEqual(Object.keys(english).sort());
      for (const [code, text] of Object.entries(here)) {
        const holes = (of: string) => [...new Set(of.match(/\{[^}]+\}/g) ?? [])].sort();
        expect(holes(text), `${spoken} ${code}`).toEqual(holes(english[code] ?? ""));
      }
    }
  });

  it("are filled with figures, and with a dash where a value is missing", () => {
    expect(fill("{file} has {bytes:size} of {max_bytes:size}, {s:duration}", { file: "a.mp4", bytes: "4150000000", s: "90" })).toBe("a.mp4 has 4.15\u00a0GB of –, 2\u00a0min");
  });

  it("show the code of what they do not know", () => {
    expect(sentence({ code: "moon_too_near" })).toContain("moon_too_near");
  });

  it("have a headline without its stop, and the cure after it", () => {
    const cause = { code: "file_empty", params: { file: "a.b.mp4" } };
    expect(headline(cause)).toBe("a.b.mp4 is empty");
    expect(cure(cause)).toBe("Choose a file with content.");
    language.value = "ja";
    expect(headline(cause)).not.toMatch(/。/);
  });

  it("cannot be turned around or broken by a value", () => {
    expect(fill("{file}!", { file: "a\u202egpj.exe\nb" })).toBe("a gpj.exe b!");
  });
});

describe("addresses", () => {
  it("of pages lose their scheme, those of files are paths, short ones names", () => {
    expect(address("https://www.bilibili.com/video/BV1?p=2")).toBe("bilibili.com/video/BV1?p=2");
    expect(address("file:///srv/My%20films/%E6%98%A0%E7%94%BB.mp4")).toBe("/srv/My films/映画.mp4");
    expect(address("file:///C:/Films/a.mp4")).toBe("C:/Films/a.mp4");
    expect(address("file:///srv/100%25.mp4")).toBe("/srv/100%.mp4");
    expect(address("file:///srv/100%.mp4")).toBe("file:///srv/100%.mp4");
    expect(shortAddress("file:///srv/My%20films/a.mp4")).toBe("a.mp4");
    expect(shortAddress("https://bsky.app/profile/a/post/b")).toBe("bsky.app/profile/a/post/b");
  });
});
