import { DNS_LABEL, DNS_SUBDOMAIN } from "../../../lib/dns-names.ts";
import type { Gvk } from "../kustomize/kinds.ts";
import { RefusedError } from "../problem.ts";
import { entryOrigin, isMapping, type Mapping } from "../yaml/values.ts";
import { hasVariables } from "./written.ts";

/** The syntax of a text, with a limit on its length. */
interface Syntax {
  readonly pattern: RegExp;
  readonly longest: number;
  readonly advice: string;
}

const NAME: Syntax = {
  pattern: DNS_SUBDOMAIN,
  longest: 253,
  advice: 'use lowercase letters, digits, "-" and "."',
};
const LABEL: Syntax = {
  pattern: DNS_LABEL,
  longest: 63,
  advice: 'use at most 63 lowercase letters, digits and "-"',
};
const QUALIFIED: Syntax = {
  pattern: /^[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?$/,
  longest: 63,
  advice: 'use at most 63 letters, digits, "-", "_" and ".", after a domain and a slash or without them',
};
const LABEL_VALUE: Syntax = {
  pattern: /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/,
  longest: 63,
  advice: 'use at most 63 letters, digits, "-", "_" and "."',
};

/**
 * Names, namespaces, labels and annotations that the API server rejects. RBAC allows almost any name. Source: ValidateObjectMeta in apimachinery's
 * api/validation/objectmeta.go, and ValidateServiceName and ValidateNamespaceName.
 */
export function* invalidMetadata(object: Mapping, { group, kind }: Gvk): Generator<RefusedError> {
  const { metadata } = object;
  if (!isMapping(metadata)) return;
  const isLabel = group === "" && (kind === "Service" || kind === "Namespace");
  if (group !== "rbac.authorization.k8s.io") yield* invalid(metadata, "name", isLabel ? LABEL : NAME);
  yield* invalid(metadata, "namespace", LABEL);
  for (const field of ["labels", "annotations"] as const) {
    const pairs = metadata[field];
    if (!isMapping(pairs)) continue;
    for (const key of Object.keys(pairs)) {
      if (!isQualified(key, field))
        yield wrong(pairs, key, `the key ${JSON.stringify(key)}`, QUALIFIED.advice);
      if (field === "labels") yield* invalid(pairs, key, LABEL_VALUE, "label ");
    }
  }
}

function* invalid(
  fields: Mapping,
  key: string,
  { pattern, longest, advice }: Syntax,
  what = "",
): Generator<RefusedError> {
  const text = fields[key];
  // What is no text is reported with the other types.
  if (typeof text !== "string" || text === "" || hasVariables(text)) return;
  if (text.length > longest || !pattern.test(text))
    yield wrong(fields, key, `the ${what}${key} ${JSON.stringify(text)}`, advice);
}

const wrong = (fields: Mapping, key: string, what: string, advice: string): RefusedError =>
  new RefusedError(`the API server rejects ${what}: ${advice}`, entryOrigin(fields, key));

/** Source: IsQualifiedName in apimachinery's util/validation; the case of an annotation does not matter. */
function isQualified(key: string, field: "labels" | "annotations"): boolean {
  if (hasVariables(key)) return true;
  const parts = (field === "annotations" ? key.toLowerCase() : key).split("/");
  const [name = "", ...prefix] = parts.toReversed();
  const isPrefixed = prefix.every((part) => part.length <= NAME.longest && DNS_SUBDOMAIN.test(part));
  return parts.length <= 2 && isPrefixed && name.length <= QUALIFIED.longest && QUALIFIED.pattern.test(name);
}
