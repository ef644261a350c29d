import { z } from "zod";
import type { KubeObject } from "../../cluster/objects.ts";
import { CONFIG_MAP, FLUX_KUSTOMIZATION, SECRET } from "../kinds.ts";
import type { GroupKind, ObjectIndex } from "../object-index.ts";
import type { Path } from "../path.ts";
import { at, fields, list, text } from "../read.ts";
import { defineRule } from "../rule.ts";

/** See `docs/policies.md`. */
export const kustomizationSecrets = defineRule({
  id: "kustomization-secrets",
  description:
    "What a Flux Kustomization decrypts with, and what it substitutes from, is in its own namespace: Flux looks nowhere else, and a Kustomization that does not find it never becomes ready.",
  remediation:
    "Bring the Secret or ConfigMap to the Kustomization's namespace, set `optional: true`, or name it in the setting `elsewhere` where it is made by hand.",
  severity: "high",
  enforcement: "mandatory",
  kinds: [FLUX_KUSTOMIZATION],
  wholeStack: true,
  settings: z.strictObject({
    elsewhere: z
      .array(z.string())
      .default(["Secret flux-system/sops-age"])
      .describe("What is made by hand, or by another tool: `Kind namespace/name`."),
  }),
  *check(object, { objects, host, settings, unapplied }) {
    for (const { kind, name, path } of references(object)) {
      const namespace = object.metadata.namespace ?? "";
      const id = `${kind} ${namespace}/${name}`;
      if (settings.elsewhere.includes(id) || isMade(kind, namespace, name, objects)) continue;
      const maker = kind === "Secret" && clusterMaker(name, namespace, objects);
      if (maker === true) continue;
      if (maker === undefined)
        yield {
          path,
          undecided: `A ClusterExternalSecret makes ${name} in namespaces that it selects by label.`,
        };
      else if (host === "stack")
        yield { path, undecided: `${id} is not part of the stack; it may be there already.` };
      else if (objects.get(kindNamed(kind), undefined, name) !== undefined)
        yield { path, undecided: `There is a ${kind} ${name} that says no namespace.` };
      else {
        const file = unapplied(kindNamed(kind), namespace, name);
        if (file === undefined) yield { path, message: `${id} is not there.` };
        else
          yield {
            path,
            message: `${id} is in ${file}, which no Flux Kustomization applies: somebody has to.`,
            advice: true,
          };
      }
    }
  },
});

interface Reference {
  readonly kind: string;
  readonly name: string;
  readonly path: Path;
}

function references({ spec }: KubeObject): readonly Reference[] {
  const key = text(at(spec, ["decryption", "secretRef", "name"]));
  const settings = list(at(spec, ["postBuild", "substituteFrom"])).map(fields);
  return [
    ...(key === undefined
      ? []
      : [{ kind: "Secret", name: key, path: ["spec", "decryption", "secretRef", "name"] }]),
    ...settings.flatMap(({ kind, name, optional }, index) =>
      optional === true
        ? []
        : [
            {
              kind: text(kind) ?? "",
              name: text(name) ?? "",
              path: ["spec", "postBuild", "substituteFrom", index, "name"],
            },
          ],
    ),
  ];
}

function kindNamed(kind: string): GroupKind {
  return kind === "Secret" ? SECRET : CONFIG_MAP;
}

/** Kinds that make a Secret of their own name, or of one that they say. */
const MAKERS = [
  { kind: { group: "external-secrets.io", kind: "ExternalSecret" }, name: ["spec", "target", "name"] },
  { kind: { group: "bitnami.com", kind: "SealedSecret" }, name: ["spec", "template", "metadata", "name"] },
  { kind: { group: "cert-manager.io", kind: "Certificate" }, name: ["spec", "secretName"] },
];

function isMade(kind: string, namespace: string, name: string, objects: ObjectIndex): boolean {
  if (objects.get(kindNamed(kind), namespace, name) !== undefined) return true;
  if (kind === "Secret" && makesSecret(namespace, name, objects)) return true;
  return objects
    .ofKind(kindNamed(kind))
    .some((source) => source.metadata.name === name && isReflected(source, namespace));
}

function makesSecret(namespace: string, name: string, objects: ObjectIndex): boolean {
  return MAKERS.some((maker) =>
    objects
      .ofKind(maker.kind)
      .some(
        (object) =>
          object.metadata.namespace === namespace &&
          (text(at(object, maker.name)) ?? object.metadata.name) === name,
      ),
  );
}

/** Whether a ClusterExternalSecret makes the Secret there; undefined where that hangs on labels of namespaces. */
function clusterMaker(name: string, namespace: string, objects: ObjectIndex): boolean | undefined {
  const makers = objects
    .ofKind({ group: "external-secrets.io", kind: "ClusterExternalSecret" })
    .filter(
      ({ metadata, spec }) =>
        (text(at(spec, ["externalSecretSpec", "target", "name"])) ??
          text(fields(spec).externalSecretName) ??
          metadata.name) === name,
    );
  if (makers.some(({ spec }) => list(fields(spec).namespaces).includes(namespace))) return true;
  return makers.some(
    ({ spec }) =>
      fields(spec).namespaceSelectors !== undefined || fields(spec).namespaceSelector !== undefined,
  )
    ? undefined
    : false;
}

/** Copied there by emberstack's reflector (https://github.com/emberstack/kubernetes-reflector). */
function isReflected({ metadata }: KubeObject, namespace: string): boolean {
  const prefix = "reflector.v1.k8s.emberstack.com/reflection-auto";
  const annotations = metadata.annotations ?? {};
  if (annotations[`${prefix}-enabled`] !== "true") return false;
  const namespaces = annotations[`${prefix}-namespaces`] ?? "";
  return (
    namespaces === "" ||
    namespaces.split(",").some((pattern) => new RegExp(`^(?:${pattern.trim()})$`).test(namespace))
  );
}
