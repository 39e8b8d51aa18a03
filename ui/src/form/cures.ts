/** What a finding's cure makes of a text. Nothing is cut but where somebody asked for it. */
import type { Cure, Field, LengthLimit } from "../bindings";
import { joinTags, measure, splitTags } from "./check";

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const characters = (text: string) => [...graphemes.segment(text)].map(({ segment }) => segment);

/** The longest beginning of whole characters that fits. */
export function shorten(text: string, { count, of }: LengthLimit): string {
  let [kept, length] = ["", 0];
  for (const character of characters(text)) {
    length += measure(character, of);
    if (length > count) break;
    kept += character;
  }
  return kept.trimEnd();
}

/** The first entries, as they are written. */
export const keepFirst = (text: string, count: number) => joinTags(splitTags(text).slice(0, count));

/** As many entries as fit with a comma between them. */
function shortenTags(text: string, limit: LengthLimit): string {
  const tags = splitTags(text);
  while (tags.length > 1 && measure(joinTags(tags), limit.of) > limit.count) tags.pop();
  return shorten(joinTags(tags), limit);
}

/** Without the characters that hold a code point which is refused. */
export function takeOut(text: string, refuses: Field["refuses"]): string {
  const refused = (code: number) => refuses.some(([from, to]) => code >= from && code <= to);
  return characters(text)
    .filter((character) => ![...character].some((one) => refused(one.codePointAt(0) ?? 0)))
    .join("")
    .trim();
}

/** Where the first character that is refused stands, for a selection in a text field; `null` where there is none. */
export function refusedAt(text: string, refuses: Field["refuses"]): { from: number; to: number } | null {
  let from = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (refuses.some(([low, high]) => code >= low && code <= high)) return { from, to: from + character.length };
    from += character.length;
  }
  return null;
}

/** What a cure makes of a field's text; `null` where it is not the text that it changes. */
export function cured(cure: Cure, field: Field, text: string): string | null {
  switch (cure.do) {
    case "shorten":
      return field.kind === "tags" ? shortenTags(text, cure.to) : shorten(text, cure.to);
    case "keep_first":
      return keepFirst(text, cure.count);
    case "take_out":
      return takeOut(text, field.refuses);
    default:
      return null;
  }
}
