import { z } from "zod";
import type { KubeObject } from "../../kube/objects.ts";
import { FLUX_KUSTOMIZATION } from "../objects/kinds.ts";
import { missing } from "../objects/missing.ts";
import { isProvided, isProvidedAnywhere, secretOrConfigMap } from "../objects/secret-sources.ts";
import type { Path } from "../engine/path.ts";
import { at, fields, list, text } from "../engine/read.ts";
import { defineRule } from "../engine/rule.ts";

/** See docs/reference/rules/kustomization-secrets.md. */
export const kustomizationSecrets = defineRule({
  id: "kustomization-secrets",
  description: "A Flux Kustomization's decryption key and substituteFrom sources exist in its own namespace.",
  why: "Flux looks in no other namespace, and without these objects the Kustomization never becomes ready.",
  remediation:
    "Create the Secret or ConfigMap in the Kustomization's namespace, set optional: true, or add it to the `elsewhere` setting if it is created by hand.",
  severity: "high",
  enforcement: "mandatory",
  kinds: [FLUX_KUSTOMIZATION],
  wholeStack: true,
  settings: z.strictObject({
    elsewhere: z
      .array(z.string())
      .default([])
      .describe("Objects that are created by hand or by another tool, as `Kind namespace/name`."),
  }),
  *check(object, context) {
    const { objects, settings, unapplied, mentioned } = context;
    for (const { kind, name, path } of references(object)) {
      const namespace = object.metadata.namespace ?? "";
      const id = `${kind} ${namespace}/${name}`;
      const isKey = path[1] === "decryption" && namespace === FLUX_NAMESPACE;
      const exists = isKey || settings.elsewhere.includes(id) || isProvided(kind, namespace, name, objects);
      if (exists === true) continue;
      if (exists === undefined)
        yield {
          path,
          notEvaluated: `A ClusterExternalSecret creates ${name} in namespaces that it selects by label.`,
        };
      else if (objects.get(secretOrConfigMap(kind), undefined, name) !== undefined)
        yield { path, notEvaluated: `${kind} ${name} has no namespace in the repository.` };
      else {
        const file = unapplied(secretOrConfigMap(kind), namespace, name);
        // If another namespace has one with that name, that is what the file is about.
        const mention = isProvidedAnywhere(kind, name, objects) ? undefined : mentioned(name);
        if (file !== undefined)
          yield {
            path,
            message: `${id} is in ${file}, but no Flux Kustomization applies that file. Apply it by hand.`,
            warning: true,
          };
        else if (mention !== undefined)
          yield {
            path,
            message: `${id} is in no manifest, but ${mention} mentions it. Make sure that the ${kind} exists before Flux needs it.`,
            warning: true,
          };
        else yield missing(id, path, context);
      }
    }
  },
});

/** The namespace in which `flux bootstrap` installs Flux. The Secret with the decryption key is created there by hand, and may have any name. */
const FLUX_NAMESPACE = "flux-system";

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
