import { fileText } from "../../../gitops/yaml/file-text.ts";
import { isMapping } from "../../../gitops/yaml/values.ts";
import { SETTINGS_FILE } from "../../../lint/settings.ts";
import type { Edits } from "../../edits.ts";
import { fieldsIn } from "../../objects.ts";
import type { Note, StepContext } from "../../step.ts";
import type { MovingRoot } from "./root.ts";
import { secretsMissing } from "./runbook.ts";

const RULE = "kustomization-secrets";

/**
 * Names the decryption keys of the targets as created by hand, where the linter would otherwise report each child. For flux-system, the
 * linter knows that `flux bootstrap` leaves them to a person.
 */
export function nameKeys(moving: MovingRoot, { repository }: StepContext, edits: Edits): readonly Note[] {
  const document = repository.isFile(SETTINGS_FILE)
    ? repository.parse(SETTINGS_FILE).documents[0]
    : undefined;
  const known = fieldsIn(document?.value, [RULE]).elsewhere;
  const listed = Array.isArray(known) ? known : [];
  const missing = secretsMissing(moving, ["decryption"])
    .map(({ target, name }) => `Secret ${target}/${name}`)
    .filter((id) => !listed.includes(id));
  if (missing.length === 0) return [];
  const edit = edits.of(SETTINGS_FILE);
  const lines = missing.map((id) => `- ${id}\n`).join("");
  const elsewhere = `elsewhere:\n${lines.replace(/^/gm, "  ").trimEnd()}\n`;
  const rule = `${RULE}:\n${elsewhere.replace(/^(?=.)/gm, "  ")}`;
  const isEmpty = (fileText(repository, SETTINGS_FILE) ?? "").trim() === "";
  const done = isEmpty
    ? edits.create(SETTINGS_FILE, rule)
    : edit.has(0, [RULE, "elsewhere"])
      ? edit.insert(0, [RULE, "elsewhere"], lines)
      : edit.has(0, [RULE])
        ? isMapping(fieldsIn(document?.value, [])[RULE]) && edit.insert(0, [RULE], elsewhere)
        : edit.insert(0, [], rule);
  if (done) return [];
  return [
    {
      kind: "left",
      message: `add ${missing.join(", ")} to ${RULE}.elsewhere, or lint reports each child`,
      position: { file: SETTINGS_FILE, line: 1, column: 1 },
    },
  ];
}
