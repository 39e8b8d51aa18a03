/** Drafts of the fake: kept while the page lives. `?drafts` begins with one whose file has gone. */
import type { Commands, DraftSave, OfferedFile } from "../../bindings";
import { looked } from "./media";
import { cause } from "./rows";

type Drafts = { [C in "drafts" | "draft_save" | "draft_open" | "draft_remove"]: (request: Commands[C][0]) => Commands[C][1] };
interface Kept extends Pick<DraftSave, "form"> {
  files: OfferedFile[];
  changed_at_ms: number;
}

const GONE = 9001;

export function draftsOf(offered: Map<number, OfferedFile>, begun: boolean): Drafts {
  const kept = new Map<number, Kept>();
  let last = 0;
  if (begun) {
    const name = "harbour-crane-4k.mov";
    const gone: OfferedFile = {
      file: GONE, name, folder: "/media/card", size_bytes: 0, online: false, title: "harbour-crane-4k", ...looked(name), media: null, cause: cause("file_missing", { file: name }),
    };
    const part = { cover: null, captions: [] };
    const own = { [GONE]: { ...part, fields: { title: "Harbour crane at dawn" } } };
    const form = { ...part, files: [GONE], accounts: [1], fields: { description: "The night shift ends at six." }, own, hold: false, priority: "normal" as const, again: false, start_at_ms: null, together: false, keep: false, template: null, variables: false, numbers: [] };
    kept.set(++last, { form, files: [gone], changed_at_ms: Date.now() - 3_600_000 });
  }
  const titleOf = ({ form, files }: Kept) => form.own[form.files[0] ?? 0]?.fields.title ?? form.fields.title ?? files[0]?.name ?? "";
  return {
    drafts: () => [...kept].map(([draft, one]) => ({ draft, title: titleOf(one), changed_at_ms: one.changed_at_ms })).sort((a, b) => b.changed_at_ms - a.changed_at_ms),
    draft_save: ({ draft, form }) => {
      const id = draft !== null && kept.has(draft) ? draft : ++last;
      const named = [form, ...Object.values(form.own)].flatMap((part) => [part?.cover ?? null, ...(part?.captions ?? []).map((one) => one.file)]);
      const files = [...form.files, ...named].flatMap((file) => (file === null ? [] : (offered.get(file) ?? [])));
      kept.set(id, { form: structuredClone(form), files, changed_at_ms: Date.now() });
      return { draft: id, at_ms: Date.now(), cause: null };
    },
    draft_open: (draft) => {
      const found = kept.get(draft);
      if (!found) throw { code: "draft_unknown", params: {}, detail: "" };
      for (const file of found.files) offered.set(file.file, file);
      return structuredClone({ draft, ...found });
    },
    draft_remove: (draft) => (kept.delete(draft), {}),
  };
}
