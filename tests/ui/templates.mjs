// Looks through the window's templates for what the type checker cannot see: style or script in a template, raw markup, text outside the messages,
// pictures and buttons without a name. Prints each finding with its line, and fails when there is one.
import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../ui/src/", import.meta.url));
const findings = [];

/** The literal parts of each html and svg template, holes as ${}. */
function templates(source) {
  const found = [];
  for (const start of source.matchAll(/\b(?:html|svg)`/g)) {
    let text = "";
    let at = start.index + start[0].length;
    for (; at < source.length && source[at] !== "`"; at += 1) {
      if (source[at] === "$" && source[at + 1] === "{") {
        let depth = 1;
        for (at += 2; depth > 0; at += 1) {
          if (source[at] === "{") depth += 1;
          else if (source[at] === "}") depth -= 1;
          else if (source[at] === "`") at = skip(source, at);
        }
        at -= 1;
        text += "${}";
      } else {
        text += source[at];
      }
    }
    found.push({ text, line: source.slice(0, start.index).split("\n").length });
  }
  return found;
}
/** To the end of a template within a hole. */
function skip(source, at) {
  for (at += 1; source[at] !== "`"; at += 1) {
    if (source[at] === "\\") at += 1;
    else if (source[at] === "$" && source[at + 1] === "{") {
      let depth = 1;
      for (at += 2; depth > 0; at += 1) {
        if (source[at] === "{") depth += 1;
        else if (source[at] === "}") depth -= 1;
        else if (source[at] === "`") at = skip(source, at);
      }
      at -= 1;
    }
  }
  return at;
}

const rules = [
  [/\sstyle=/, "a style attribute, which the policy drops: use .style"],
  [/\son[a-z]+=/, "a script attribute: use @event"],
  [/<(script|style|iframe|img(?![^>]*\balt=))/i, "an element that has no place in a template"],
  [/<svg(?![^>]*(aria-hidden|role=|viewBox))[^>]*>/, "a picture that is neither hidden nor named"],
  [/<input(?![^>]*(\bid=|aria-label=|type="(radio|checkbox)"))[^>]*>/, "an input without a label"],
];

let files = 0;
for (const file of (await readdir(root, { recursive: true })).map((path) => path.replaceAll("\\", "/")).sort()) {
  if (!file.endsWith(".ts") || file.endsWith(".test.ts") || file.startsWith("bindings")) continue;
  files += 1;
  const source = await readFile(root + file, "utf8");
  if (/\bunsafeHTML\b|\.innerHTML\b|\.outerHTML\b|insertAdjacentHTML/.test(source)) findings.push(`${file}: raw markup`);
  if (/@tauri-apps/.test(source) && file !== "backend/tauri.ts") findings.push(`${file}: names the shell; only backend/tauri.ts may`);
  for (const { text, line } of templates(source)) {
    for (const [rule, why] of rules) if (rule.test(text)) findings.push(`${file}:${line}: ${why}`);
    for (const [, words] of text.matchAll(/>([^<>]*)</g)) {
      if (/[\p{L}]{2,}/u.test(words.replaceAll("${}", ""))) findings.push(`${file}:${line}: text outside the messages: ${words.trim()}`);
    }
    for (const [, attribute, words] of text.matchAll(/\s(title|aria-label|placeholder)="([^"]*\p{L}[^"]*)"/gu))
      if (words !== "Ctrl Enter") findings.push(`${file}:${line}: ${attribute} outside the messages: ${words}`);
  }
}
for (const finding of findings) console.error(finding);
console.log(`${files} files, ${findings.length} findings`);
process.exitCode = findings.length > 0 ? 1 : 0;
