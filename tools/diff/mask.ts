import { omit } from "../../lib/omit.ts";
import type { BuiltObject } from "../gitops/flux/built.ts";
import { scalarText } from "../gitops/kustomize/resource.ts";
import { isMapping, type Mapping, type Value } from "../gitops/yaml/values.ts";
import { isSecretName, mayBeSecret, SECRET_LINE, SECRET_VALUES } from "./sensitive.ts";

/** The shortest value of a Secret that is masked wherever it occurs; shorter ones only where a variable put them. */
const LEAST_LENGTH = 6;

/** What a masked value looks like: the same on both sides if the value is. */
const MASK = "***";

/** Replaces secret values in objects: by kind, by the name of the field, and by value. */
export class Masker {
  /** The values of all Secrets in the repository, longest first. */
  readonly #values: readonly string[];

  /** @param objects the objects of all clusters, before and after the change */
  constructor(objects: Iterable<BuiltObject>) {
    const values = new Set<string>();
    for (const { object } of objects)
      if (isSecret(object)) for (const value of valuesOf(object)) values.add(value);
    this.#values = [...values].sort((one, other) => other.length - one.length);
  }

  /** Both sides of a change with their secrets masked. A value that only one side has is labelled, so that the difference stays visible. */
  pair(
    before: BuiltObject | undefined,
    after: BuiltObject | undefined,
  ): readonly [Value | undefined, Value | undefined] {
    const [old, next] = [before, after].map((built) => built && this.#secretsIn(built));
    return [
      before && this.#masked(before, (value) => (next?.has(value) ? MASK : `${MASK} (before)`)),
      after && this.#masked(after, (value) => (old?.has(value) ? MASK : `${MASK} (after)`)),
    ];
  }

  /** A message without the values of Secrets. */
  text(message: string): string {
    return this.#replaceIn(message, this.#long, () => MASK);
  }

  get #long(): readonly string[] {
    return this.#values.filter(({ length }) => length >= LEAST_LENGTH);
  }

  #secretsIn(built: BuiltObject): ReadonlySet<string> {
    const found = new Set<string>();
    this.#masked(built, (value) => {
      found.add(value);
      return MASK;
    });
    return found;
  }

  #masked({ object, beforeSubstitution }: BuiltObject, label: Label): Value {
    if (isSecret(object)) return maskSecret(object, label);
    return this.#mask(omit(object, "sops"), beforeSubstitution, { name: "", label });
  }

  #mask(value: Value, template: Value | undefined, place: Place): Value {
    const { label } = place;
    if (Array.isArray(value))
      return value.map((item, index) =>
        this.#mask(item, Array.isArray(template) ? template[index] : undefined, { name: place.name, label }),
      );
    if (isMapping(value)) {
      // An environment variable has its name next to its value.
      const named = typeof value.name === "string" ? value.name : "";
      return Object.fromEntries(
        Object.entries(value).map(([key, item]) => [
          this.#text(key, key, label),
          this.#mask(item, isMapping(template) ? template[key] : undefined, {
            name: key === "value" && named !== "" ? named : key,
            label,
          }),
        ]),
      );
    }
    if (isSecretName(place.name) && typeof value !== "boolean" && value !== null) {
      const text = scalarText(value);
      return mayBeSecret(text) ? label(text) : value;
    }
    return typeof value === "string" ? this.#text(value, template, label) : value;
  }

  /** @param template the text before Flux replaced its variables */
  #text(text: string, template: Value | undefined, label: Label): string {
    const isSubstituted = typeof template === "string" && template !== text;
    const known = this.#replaceIn(text, isSubstituted ? this.#values : this.#long, label);
    const lines = known.includes("\n")
      ? known
          .split("\n")
          .map((line) => maskLine(line, label))
          .join("\n")
      : known;
    return SECRET_VALUES.reduce(
      (masked, pattern) =>
        masked.replace(pattern, (whole: string, secret: string) =>
          whole.replace(secret, () => label(secret)),
        ),
      lines,
    );
  }

  #replaceIn(text: string, values: readonly string[], label: Label): string {
    return values.reduce(
      (masked, value) => (masked.includes(value) ? masked.replaceAll(value, () => label(value)) : masked),
      text,
    );
  }
}

type Label = (value: string) => string;

interface Place {
  /** The name of the field or variable. */
  readonly name: string;
  readonly label: Label;
}

const isSecret = ({ kind, apiVersion }: Mapping): boolean => kind === "Secret" && apiVersion === "v1";

function maskLine(line: string, label: Label): string {
  const [, start, name, value] = SECRET_LINE.exec(line) ?? [];
  const isPlain = start === undefined || name === undefined || value === undefined;
  if (isPlain || value.startsWith(MASK) || !isSecretName(name) || !mayBeSecret(value)) return line;
  return `${start}${label(value)}`;
}

/** A Secret with every value masked. Annotations may hold a copy of the Secret, and `sops` only describes the encryption. */
function maskSecret(secret: Mapping, label: Label): Mapping {
  return Object.fromEntries(
    Object.entries(omit(secret, "sops")).map(([key, value]) => {
      if (["data", "stringData"].includes(key)) return [key, maskLeaves(value, label)];
      if (key !== "metadata" || !isMapping(value) || !isMapping(value.annotations)) return [key, value];
      const applied = "kubectl.kubernetes.io/last-applied-configuration";
      const annotations = Object.fromEntries(
        Object.entries(value.annotations).map(([name, text]) => [
          name,
          name === applied ? label(scalarText(text)) : text,
        ]),
      );
      return [key, { ...value, annotations }];
    }),
  );
}

function maskLeaves(value: Value, label: Label): Value {
  if (Array.isArray(value)) return value.map((item) => maskLeaves(item, label));
  if (isMapping(value))
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, maskLeaves(item, label)]));
  return value === null ? value : label(scalarText(value));
}

/** The values of a Secret as they may be written elsewhere: encoded, decoded, and line by line. */
function valuesOf(secret: Mapping): readonly string[] {
  const { data, stringData } = secret;
  const encoded = isMapping(data) ? Object.values(data).map(scalarText) : [];
  const plain = isMapping(stringData) ? Object.values(stringData).map(scalarText) : [];
  const decoded = encoded.map((value) => Buffer.from(value, "base64").toString("utf8"));
  return [...encoded, ...decoded, ...plain]
    .flatMap((value) => [
      value,
      value.replaceAll("\n", ""),
      ...value.split("\n").filter(({ length }) => length > LEAST_LENGTH),
    ])
    .map((value) => value.trim())
    .filter((value) => mayBeSecret(value) && !value.startsWith("ENC["));
}
