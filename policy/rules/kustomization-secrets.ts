import { z } from "zod";
import type { KubeObject } from "../../kube/objects.ts";
import { FLUX_KUSTOMIZATION } from "../objects/kinds.ts";
import { isMade, kindNamed } from "../objects/secret-sources.ts";
import type { Path } from "../engine/path.ts";
import { at, fields, list, text } from "../engine/read.ts";
import { defineRule } from "../engine/rule.ts";

/** See `docs/reference/policies.md`. */
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
      const made = settings.elsewhere.includes(id) || isMade(kind, namespace, name, objects);
      if (made === true) continue;
      if (made === undefined)
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
