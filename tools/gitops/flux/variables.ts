import type { Origin } from "../yaml/source.ts";
import { entryOrigin, isMapping, originOf, type Mapping, type Value } from "../yaml/values.ts";
import { BuildError } from "../problem.ts";
import { scalarText } from "../kustomize/resource.ts";
import { isCiphertext } from "./ciphertext.ts";
import { createdSecret } from "./created-secret.ts";
import { ELSEWHERE, UNKNOWN, type Lookup } from "./envsubst.ts";

/** The variables that a Flux Kustomization substitutes. */
export interface Variables {
  /** The value of each variable; undefined if it is encrypted in the repository, or in a secret store. */
  readonly values: ReadonlyMap<string, string | undefined>;
  /** Whether all variables are known; false if an object that provides variables is not in the repository, or its keys are encrypted. */
  readonly complete: boolean;
  /** Whether Flux substitutes even if there are no variables, so that defaults apply. */
  readonly always: boolean;
  /** Errors for invalid variable names, which make the Kustomization fail. */
  readonly errors: readonly BuildError[];
}

/** Source: varsubRegex in fluxcd/pkg/kustomize/kustomize_varsub.go. */
const NAME = /^[_a-zA-Z][_a-zA-Z0-9]*$/;

/** Finds a ConfigMap or Secret in the repository, or the object from which a controller creates the Secret. */
export type FindSource = (kind: string, namespace: string, name: string) => Mapping | undefined;

/** The variables of a Flux Kustomization; undefined if it substitutes nothing. */
export function variablesOf(kustomization: Mapping, find: FindSource): Variables | undefined {
  const postBuild = isMapping(kustomization.spec) ? kustomization.spec.postBuild : undefined;
  if (!isMapping(postBuild)) return undefined;
  const metadata = isMapping(kustomization.metadata) ? kustomization.metadata : {};
  const values = new Map<string, string | undefined>();
  const errors: BuildError[] = [];
  let complete = true;
  for (const reference of Array.isArray(postBuild.substituteFrom) ? postBuild.substituteFrom : []) {
    if (!isMapping(reference)) continue;
    const source = find(
      scalarText(reference.kind),
      scalarText(metadata.namespace),
      scalarText(reference.name),
    );
    if (!source || hidesKeys(source)) complete = false;
    if (source) errors.push(...addSource(values, source));
  }
  const inline = isMapping(postBuild.substitute) ? postBuild.substitute : {};
  for (const [name, value] of Object.entries(inline))
    values.set(name, scalarText(value).replaceAll("\n", ""));
  errors.push(...nameErrors(inline));
  return { values, complete, always: postBuild.substituteStrategy === "Always", errors };
}

/** Whether an object stands in for a Secret, without all of its keys: it is encrypted, or a controller creates it. */
export function hidesKeys(source: Mapping): boolean {
  return createdSecret(source)?.hasMore ?? isEncryptedWhole(source);
}

/** Whether a Secret's whole file is encrypted, and the object only stands in for it. */
export function isEncryptedWhole(source: Mapping): boolean {
  return (
    source.kind === "Secret" && /\.sops\.ya?ml$/.test(originOf(source).source.file) && !isMapping(source.sops)
  );
}

function nameErrors(values: Mapping): readonly BuildError[] {
  return Object.keys(values)
    .filter((name) => !NAME.test(name))
    .map((name) => invalidName(name, entryOrigin(values, name)));
}

function invalidName(name: string, origin: Origin): BuildError {
  const message = `${name} is not a valid variable name, so every Kustomization that takes its variables from here fails`;
  return new BuildError(message, origin);
}

function addSource(values: Map<string, string | undefined>, source: Mapping): readonly BuildError[] {
  const add = (entries: Value | undefined, decode: (value: string) => string): void => {
    if (!isMapping(entries)) return;
    for (const [name, value] of Object.entries(entries)) {
      if (isOfSops(name, entries)) continue;
      const text = scalarText(value);
      const decoded = text.startsWith("ENC[") ? text : decode(text);
      values.set(name, isCiphertext(decoded) ? undefined : decoded.replaceAll("\n", ""));
    }
  };
  const created = createdSecret(source);
  if (created) {
    for (const name of created.keys.keys()) values.set(name, undefined);
    return [...created.keys]
      .filter(([name]) => !NAME.test(name))
      .map(([name, origin]) => invalidName(name, origin));
  }
  if (source.kind === "ConfigMap") {
    add(source.data, (value) => value);
    return isMapping(source.data) ? nameErrors(source.data) : [];
  }
  if (source.kind !== "Secret") return [];
  add(source.data, (value) => Buffer.from(value, "base64").toString("utf8"));
  add(source.stringData, (value) => value);
  return [source.data, source.stringData].flatMap((data) => (isMapping(data) ? nameErrors(data) : []));
}

/** Whether SOPS has written a key into a dotenv file from which a Secret is generated; the Secret on the cluster does not have it. */
const isOfSops = (name: string, entries: Mapping): boolean =>
  name.startsWith("sops_") && entries.sops_mac !== undefined;

/** Whether Flux substitutes at all. */
export function substitutes(variables: Variables | undefined): variables is Variables {
  return variables !== undefined && (variables.always || variables.values.size > 0 || !variables.complete);
}

/** The names of the variables in an object, escaped or not. */
export function namesIn(object: Mapping): ReadonlySet<string> {
  return new Set(
    [...JSON.stringify(object).matchAll(/\$\{#?([\p{L}\p{Nd}_]+)/gu)].map(([, name = ""]) => name),
  );
}

/** Looks up variables. An undefined variable is empty if all variables are known. */
export function lookupIn({ values, complete }: Variables): Lookup {
  return (name) => {
    if (values.has(name)) return values.get(name) ?? UNKNOWN;
    return complete ? undefined : ELSEWHERE;
  };
}
