/** Which language is spoken, and its messages. */
import { computed } from "@preact/signals-core";
import type { LanguageChoice } from "../backend/port";
import { en, type Messages } from "./en";
import { language, languages, type Language, lengthWith, spanWith } from "./format";
import { ja } from "./ja";
import { zhCN } from "./zh-CN";

export const all: Record<Language, Messages> = { en, "zh-CN": zhCN, ja };
const messages = computed(() => all[language.value]);

/** The messages of the language in force. */
export const t = (): Messages => messages.value;

export const span = (seconds: number) => spanWith(t().span, seconds);
export const length = (seconds: number) => lengthWith(t().span, seconds);

/** Picks what the user asks for; a system language that we do not speak is English. */
export function languageOf(choice: LanguageChoice, system: readonly string[]): Language {
  if (choice !== "system") return choice;
  for (const tag of system) {
    const spoken = languages.find((known) => tag.toLowerCase().split("-")[0] === known.toLowerCase().split("-")[0]);
    if (spoken) return spoken;
  }
  return "en";
}

export function chooseLanguage(choice: LanguageChoice): void {
  language.value = languageOf(choice, navigator.languages);
  document.documentElement.lang = language.value;
}
