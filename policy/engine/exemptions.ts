import { EXEMPT_PREFIX } from "../../kube/exemption.ts";
import type { KubeObject } from "../../kube/objects.ts";
import { parsePath, type Path } from "./path.ts";
import { fields } from "./read.ts";
import type { Problem } from "./rule.ts";

/** Rule id of findings about exemptions. */
export const EXEMPTION_RULE = "exemption";

/** One valid exemption. */
export interface Exemption {
  readonly rule: string;
  readonly reason: string;
  readonly owner: string;
  /** The last day on which the exemption is valid, or `never` if it does not expire. */
  readonly until: string;
  /** If set, the exemption covers only problems at or below this path. */
  readonly path?: Path;
}

/** The object's valid exemptions, and what is wrong with the others. */
export interface Exemptions {
  readonly valid: readonly Exemption[];
  readonly problems: readonly Problem[];
}

/**
 * Reads `edgefirst.dev/exempt.<rule>: "<reason>; owner=<who>; until=<date>"`. `<date>` is YYYY-MM-DD or `never`; `; path=<path>` limits the
 * exemption to a part of the object. An exemption that lacks a reason, an owner or a date, has expired, or names an unknown rule is
 * reported as a problem and exempts nothing.
 */
export function exemptionsOf({ metadata }: KubeObject, ruleIds: ReadonlySet<string>, now: Date): Exemptions {
  const valid: Exemption[] = [];
  const problems: Problem[] = [];
  for (const [key, value] of Object.entries(fields(metadata.annotations))) {
    if (!key.startsWith(EXEMPT_PREFIX)) continue;
    const rule = key.slice(EXEMPT_PREFIX.length);
    const read = ruleIds.has(rule) ? readExemption(rule, value, now) : `there is no rule ${rule}`;
    if (typeof read === "object") valid.push(read);
    else
      problems.push({
        path: ["metadata", "annotations", key],
        message: `The exemption is not valid: ${read}.`,
      });
  }
  return { valid, problems };
}

/** @returns the exemption; if it is not valid, a description of the error */
function readExemption(rule: string, value: unknown, now: Date): Exemption | string {
  if (typeof value !== "string") return "an annotation must be a string";
  const [reason = "", ...rest] = value.split(";").map((part) => part.trim());
  const given = new Map(
    rest
      .filter((part) => part !== "")
      .map((part) => {
        const [name = "", ...words] = part.split("=");
        return [name.trim(), words.join("=").trim()] as const;
      }),
  );
  const unknown = [...given.keys()].find((name) => !["owner", "until", "path"].includes(name));
  const owner = given.get("owner") ?? "";
  const until = given.get("until") ?? "";
  const path = given.has("path") ? parsePath(given.get("path") ?? "") : [];
  if (reason === "" || /^\w+=/.test(reason)) return "it gives no reason";
  if (unknown !== undefined)
    return `it has an unknown part "${unknown}"; the parts are owner, until and path`;
  if (owner === "") return "it names no owner (owner=…)";
  if (until === "") return "it has no expiry date (until=YYYY-MM-DD or until=never)";
  if (path === undefined) return `${given.get("path") ?? ""} is not a path`;
  if (until !== "never" && !isDate(until)) return `${until} is neither a date (YYYY-MM-DD) nor "never"`;
  if (until !== "never" && until < now.toISOString().slice(0, 10)) return `it expired on ${until}`;
  return { rule, reason, owner, until, ...(path.length > 0 && { path }) };
}

function isDate(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text));
}
