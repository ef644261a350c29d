/** Parses a label selector in text form, such as `tier in (a, b), !legacy`; undefined if it is invalid. */
export function parseLabelSelector(
  selector: string,
): ((labels: Readonly<Record<string, string>>) => boolean) | undefined {
  const requirements = splitRequirements(selector).map(parseRequirement);
  const known = requirements.filter((requirement) => requirement !== undefined);
  if (known.length !== requirements.length) return undefined;
  return (labels) => known.every((requirement) => requirement(labels));
}

type Requirement = (labels: Readonly<Record<string, string>>) => boolean;

/** Splits at commas outside parentheses. */
function splitRequirements(selector: string): readonly string[] {
  if (selector.trim() === "") return [];
  return selector.split(/,(?![^(]*\))/).map((part) => part.trim());
}

const KEY = String.raw`([A-Za-z0-9](?:[-A-Za-z0-9_./]*[A-Za-z0-9])?)`;
const VALUE = String.raw`([A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?|)`;
const SET = new RegExp(`^${KEY}\\s+(in|notin)\\s*\\(([^)]*)\\)$`);
const EQUALITY = new RegExp(`^${KEY}\\s*(=|==|!=)\\s*${VALUE}$`);
const EXISTENCE = new RegExp(`^(!?)\\s*${KEY}$`);
const ORDER = new RegExp(`^${KEY}\\s*(>|<)\\s*([0-9]+)$`);

function parseRequirement(requirement: string): Requirement | undefined {
  const set = SET.exec(requirement);
  if (set?.[1] !== undefined && set[3] !== undefined) {
    const [, key, operator] = set;
    const values = set[3].split(",").map((value) => value.trim());
    if (operator === "in")
      return (labels) => Object.hasOwn(labels, key) && values.includes(labels[key] ?? "");
    // A missing label also counts as not being in the set.
    return (labels) => !Object.hasOwn(labels, key) || !values.includes(labels[key] ?? "");
  }
  const equality = EQUALITY.exec(requirement);
  if (equality?.[1] !== undefined) {
    const [, key, operator, value] = equality;
    if (operator === "!=") return (labels) => !Object.hasOwn(labels, key) || labels[key] !== value;
    return (labels) => Object.hasOwn(labels, key) && labels[key] === value;
  }
  const order = ORDER.exec(requirement);
  if (order?.[1] !== undefined) {
    const [, key, operator, limit] = order;
    return (labels) =>
      Object.hasOwn(labels, key) &&
      (operator === ">" ? Number(labels[key]) > Number(limit) : Number(labels[key]) < Number(limit));
  }
  const existence = EXISTENCE.exec(requirement);
  if (existence?.[2] === undefined) return undefined;
  const [, not, key] = existence;
  return (labels) => Object.hasOwn(labels, key) === (not === "");
}
