import { z } from "zod";
import { SHIPPED } from "../../policy/knowledge/knowledge.ts";
import type { GroupKind } from "../../policy/engine/object-index.ts";
import { RULES } from "../../policy/engine/registry.ts";
import type { Rule } from "../../policy/engine/rule.ts";

/** `docs/reference/policies.md`, made from what the rules say about themselves. */
export function policiesPage(): string {
  return `${[HEAD, overview(), ...RULES.map(section), CHARTS].join("\n\n")}\n`;
}

const HEAD = `# Policies

<!-- Made by \`npm run docs\` from policy/rules; changes here are lost. -->

One rule set, in three places: \`pulumi preview --policy-pack policy\` (and \`up\`) checks what a stack declares, the program itself stops at a breach of a
mandatory rule before its first resource, and \`edgefirst lint\` checks what a GitOps repository makes of its clusters.

- **Levels** are CrossGuard's: \`mandatory\` fails, \`advisory\` is told, \`remediate\` is mandatory and mended by itself where that is safe. Advice that a
  mandatory rule gives is advisory.
- **Levels and settings** are told once for each of the two subjects, in one shape: for a stack by its key \`edgefirst:policies\`, which the pack and the program read,
  and for a repository by its file \`.edgefirst/policies.yaml\`, which \`lint\` reads. Each rule takes a level (also \`disabled\`) or its settings, with a level or
  without; what no rule knows is refused. Pulumi's own \`--policy-pack-config\` goes over a stack's, for that run's rules alone: the program, and what \`coverage\` counts, stay with
  the stack's.

\`\`\`yaml
image-pinned: { requireDigest: true }
resources: disabled
helmrelease-probes: advisory
\`\`\`

- **Not decided** is no pass. Where a value is not known in a preview, or something is not to be seen from where the rule runs, it says so, and the
  policy \`coverage\` counts it. What was only not known yet is decided by the same policy in the update.
- **Exemptions** sit on the object, as an annotation. One without a reason, an owner or an end, one that has ended, and one for a rule that does not exist exempt
  from nothing and are a breach themselves (\`exemption\`). They are counted. \`until=never\` is for what does not change as long as the object is what it is; \`path=\`
  limits the exemption to a part of the object.

\`\`\`yaml
metadata:
  annotations:
    edgefirst.dev/exempt.workload-probes: "the image holds no shell and serves no port; owner=ann; until=2027-01-31; path=spec.template.spec.initContainers[0]"
\`\`\``;

function overview(): string {
  const rows = RULES.map((rule) => {
    const mends = rule.fix === undefined ? "" : "yes";
    return `| [${rule.id}](#${rule.id}) | ${rule.enforcement} | ${rule.severity} | ${mends} |`;
  });
  return ["| rule | level | severity | mends |", "| --- | --- | --- | --- |", ...rows].join("\n");
}

function section(rule: Rule): string {
  const { id, description, remediation, kinds, settings } = rule;
  return [
    `## ${id}`,
    inText(description),
    `**What to do.** ${inText(remediation)}`,
    `**Looks at** ${kinds.map(kindName).join(", ")}${rule.wholeStack === true ? "; at the others beside them, too" : ""}.`,
    ...(settings === undefined ? [] : [settingsTable(settings)]),
  ].join("\n\n");
}

/** What Markdown would take for a tag or for emphasis stays as it is. */
function inText(text: string): string {
  return text.replaceAll(/[<*]/g, String.raw`\$&`);
}

function kindName({ group, kind }: GroupKind): string {
  if (kind === "*") return "every object";
  return `\`${kind}\`${group === "" ? "" : ` (${group})`}`;
}

function settingsTable(settings: z.ZodType): string {
  const { properties = {} } = z.toJSONSchema(settings, { io: "input" });
  const rows = Object.entries(properties).map(([name, schema]) => {
    const { description = "", default: value } = typeof schema === "object" ? schema : {};
    return `| \`${name}\` | \`${JSON.stringify(value)}\` | ${description} |`;
  });
  return ["| setting | default | |", "| --- | --- | --- |", ...rows].join("\n");
}

const CHARTS = [
  "## Charts whose probes are known",
  "Beside app-template, which `helmrelease-probes` reads as the chart does (github.com/bjw-s-labs/helm-charts: charts/library/common/templates). Any other chart is pointed out, as advice.",
  [
    "| chart | read from |",
    "| --- | --- |",
    ...SHIPPED.rows("charts").map(({ chart, source }) => `| ${chart} | ${source} |`),
  ].join("\n"),
].join("\n\n");
