/** An edit of the sources that undoes one fix of the offline build. */
export interface UndoneFix {
  readonly fix: string;
  readonly file: string;
  /** Occurs once in the file. */
  readonly text: string;
  readonly undone: string;
}

const KUSTOMIZE = "tools/gitops/kustomize";

/** Fixes that the fuzz must miss: see flux-undone-run.ts. */
export const UNDONE_FIXES: readonly UndoneFix[] = [
  {
    fix: "images are set at any depth of any kind",
    file: `${KUSTOMIZE}/images.ts`,
    text: "    visitContainers(resource.object, update);\n",
    undone: "",
  },
  {
    fix: "a JSON patch adds an annotation to a renamed object that has none",
    file: `${KUSTOMIZE}/build-annotations.ts`,
    text: "if (!resource.hasBuildAnnotations) continue;",
    undone: "continue;",
  },
  {
    fix: "what substitution writes is read as YAML 1.1",
    file: "tools/gitops/flux/substitution.ts",
    text: 'parseYaml(new SourceFile("", result.text), { dialect: "v2" })',
    undone: 'parseYaml(new SourceFile("", result.text), { dialect: "v3" })',
  },
  {
    fix: "an included kustomization converts no types",
    file: `${KUSTOMIZE}/typed.ts`,
    text: 'type === "string" && this.#reading !== "strict" &&',
    undone: 'type === "string" &&',
  },
  {
    fix: "spec.images is merged field by field",
    file: "tools/gitops/flux/flux-kustomization.ts",
    text: "const own = list.find(",
    undone: "const own = [].find(",
  },
  {
    fix: "blank entries of flow mappings become empty strings",
    file: "tools/gitops/yaml/blank.ts",
    text: 'origin.blank === "flow"',
    undone: "false",
  },
  {
    fix: "labels with includeTemplates reach the claims of a StatefulSet",
    file: `${KUSTOMIZE}/default-fields.ts`,
    text: '  { path: "spec/volumeClaimTemplates[]/metadata/labels", create: true, group: "apps", kind: "StatefulSet" },\n',
    undone: "",
  },
  {
    fix: "with a target, a null label of a patch becomes the word null",
    file: `${KUSTOMIZE}/patch-merge.ts`,
    text: "setField(values, key, textIn(values, key), entryOrigin(values, key));",
    undone: ";",
  },
  {
    fix: "a lone variable of vars keeps the type of its value",
    file: `${KUSTOMIZE}/variables.ts`,
    text: "  if (whole !== undefined) return known(only) ?? text;\n",
    undone: "",
  },
  {
    fix: "an empty field annotations is dropped",
    file: `${KUSTOMIZE}/resource.ts`,
    text: 'if (Object.keys(annotations).length === 0) Reflect.deleteProperty(this.metadata, "annotations");',
    undone: "",
  },
  {
    fix: "spec.ignoreMissingComponents leaves out what is missing",
    file: "tools/gitops/flux/flux-kustomization.ts",
    text: "if (exists || spec.ignoreMissingComponents !== true)",
    undone: "if (true)",
  },
  {
    fix: "keys that are not strings are refused",
    file: `${KUSTOMIZE}/kustomize.ts`,
    text: "        requireTextKeys(document);\n",
    undone: "",
  },
  {
    fix: "in strict mode, a variable that nothing defines is an error",
    file: "tools/gitops/flux/envsubst.ts",
    text: "if (found === undefined && !usesDefault) this.#missing.add(name);",
    undone: "",
  },
  {
    fix: "a negative length of a substring counts from the end",
    file: "tools/gitops/flux/envsubst-functions.ts",
    text: "Number(length) < 0 ? bytes.length + Number(length) : start + Number(length)",
    undone: "start + Number(length)",
  },
  {
    fix: "transformerAnnotations lists the transformers",
    file: `${KUSTOMIZE}/build-metadata.ts`,
    text: "if (!transformerAnnotations) Reflect",
    undone: "Reflect",
  },
  {
    fix: "a patch keeps the quotes of the scalar that it replaces",
    file: `${KUSTOMIZE}/merge.ts`,
    text: "const style = styleOf(target.value, target.origin);",
    undone: "const style = styleOf(value, origin);",
  },
];
