import { z } from "zod";
import { ociSource, repositorySource } from "./flux-source.ts";
import { duration, labelName, objectName, repositoryPath, sha256 } from "./values.ts";

const substituteFrom = z.array(
  z.strictObject({
    kind: z.enum(["ConfigMap", "Secret"]).describe("Kind of the object with the values."),
    name: objectName.describe(
      "Name of the object. It must be in the namespace of the Kustomization that reads it.",
    ),
    optional: z.boolean().optional().describe("Whether the object may be missing."),
  }),
);

const childDefaults = z
  .strictObject({
    interval: duration.optional().describe("Reconcile interval."),
    retryInterval: duration.optional().describe("Retry interval after a failure."),
    timeout: duration.optional().describe("Timeout for a reconciliation."),
    prune: z.boolean().optional().describe("Whether objects removed from the repository are deleted."),
    deletionPolicy: z
      .enum(["MirrorPrune", "Delete", "WaitForTermination", "Orphan"])
      .optional()
      .describe(
        "What happens to a child's objects when the child is deleted. Set `Orphan` before moving a child, so that its objects are kept.",
      ),
  })
  .prefault({});

const helmReleaseDefaults = z.strictObject({
  retries: z
    .int()
    .min(-1)
    .max(100)
    .default(3)
    .describe("Retries of a failed install or upgrade; -1 retries forever."),
  crds: z
    .enum(["Skip", "Create", "CreateReplace"])
    .default("CreateReplace")
    .describe("What Helm does with the CRDs in a chart."),
  driftDetection: z
    .enum(["enabled", "warn", "disabled"])
    .default("enabled")
    .describe("Whether manual edits are reverted, reported or ignored."),
});

const fluxRoot = z.strictObject({
  mode: z
    .enum(["observe", "manage"])
    .describe(
      "`observe`: report what managing the root would change, and change nothing. `manage`: own the root and its source.",
    ),
  name: objectName.default("cluster-apps").describe("Name of the root Kustomization."),
  namespace: labelName.default("flux-system").describe("Namespace of the root Kustomization."),
  path: repositoryPath.describe("Directory in the repository with the child Kustomizations."),
  interval: duration.default("30m").describe("Reconciliation interval of the root."),
  retryInterval: duration.optional().describe("Retry interval of the root after a failure."),
  timeout: duration.optional().describe("Timeout for a reconciliation of the root."),
  prune: z.boolean().default(true).describe("Whether children removed from the repository are deleted."),
  wait: z.boolean().default(false).describe("Whether the root waits for its children to be ready."),
  decryptionSecret: objectName
    .nullable()
    .default("sops-age")
    .describe(
      "Secret with the age keys for the root and every child; `null` if nothing is encrypted with SOPS, or if kustomize-controller has the keys (`--sops-age-secret`, Flux 2.7).",
    ),
  substituteFrom: substituteFrom
    .default([])
    .describe("Sources of the values for `${…}` in the root and every child."),
  settingsPath: repositoryPath
    .optional()
    .describe(
      "Directory in the repository with settings and secrets for the root's namespace. Omit it if the repository already applies them there.",
    ),
  optOutLabel: z
    .string()
    .default("substitution.flux.home.arpa/disabled")
    .describe('A child with this label set to `"true"` is not patched.'),
  children: childDefaults.describe("Fields that a global patch of the root sets on every child."),
  helmReleases: helmReleaseDefaults
    .optional()
    .describe("Defaults for every HelmRelease: the root patches each child to set them. None if omitted."),
});

const fluxApps = z
  .strictObject({
    placement: z
      .enum(["unchanged", "namespace", "app"])
      .default("unchanged")
      .describe(
        "Where the child Kustomizations live: `unchanged`, all in one namespace (`namespace`), or in the namespaces of their apps as set in the repository (`app`).",
      ),
    namespace: labelName
      .default("flux-apps")
      .describe("Namespace of the children if `placement` is `namespace`."),
    settingsPath: repositoryPath
      .optional()
      .describe(
        "Directory in the repository with settings and secrets, which Flux Kustomizations apply to the children's namespaces.",
      ),
    rbac: z
      .enum(["controller", "strict"])
      .default("controller")
      .describe(
        "`controller`: kustomize-controller applies the children with its own permissions. `strict`: it uses a ServiceAccount that has permissions only in `tenantNamespaces`.",
      ),
    tenantNamespaces: z.array(labelName).default([]).describe("The namespaces of the apps."),
  })
  .prefault({});

/** The section `flux`. */
export const flux = z.strictObject({
  install: z
    .strictObject({
      source: z.string().min(1).describe("Path or https URL of the file."),
      sha256: sha256.describe("SHA-256 of the file."),
    })
    .optional()
    .describe(
      "The output of `flux install --export`, for a cluster without Flux. Not part of the release: the gate compares it with what the upstream stack installs.",
    ),
  source: repositorySource.describe("The GitOps repository that the cluster follows."),
  root: fluxRoot.describe("The Kustomization whose children are the apps."),
  apps: fluxApps.describe("Namespaces and permissions of the children."),
  sources: z
    .array(ociSource)
    .default([])
    .describe(
      "OCIRepositories to declare. None by default, since the repository usually owns its chart sources.",
    ),
});
