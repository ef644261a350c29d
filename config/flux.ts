import { z } from "zod";
import { ociSource, repositorySource } from "./flux-source.ts";
import { duration, labelName, objectName, repositoryPath, sha256 } from "./values.ts";

const substituteFrom = z.array(
  z.strictObject({
    kind: z.enum(["ConfigMap", "Secret"]).describe("What holds the values."),
    name: objectName.describe("Its name, in the namespace of whoever reads it."),
    optional: z.boolean().optional().describe("Whether it may be missing."),
  }),
);

const childDefaults = z
  .strictObject({
    interval: duration.optional().describe("How often each is reconciled."),
    retryInterval: duration.optional().describe("How soon a failed one is tried again."),
    timeout: duration.optional().describe("How long one may take."),
    prune: z.boolean().optional().describe("Whether what left the repository is deleted."),
    deletionPolicy: z
      .enum(["MirrorPrune", "Delete", "WaitForTermination", "Orphan"])
      .optional()
      .describe(
        "What becomes of its objects when a child is deleted; `Orphan` is the guard that a move needs.",
      ),
  })
  .prefault({});

const helmReleaseDefaults = z.strictObject({
  retries: z
    .int()
    .min(-1)
    .max(100)
    .default(3)
    .describe("Retries of a failed installation or upgrade; -1 is without end."),
  crds: z
    .enum(["Skip", "Create", "CreateReplace"])
    .default("CreateReplace")
    .describe("What is done with a chart's CustomResourceDefinitions."),
  driftDetection: z
    .enum(["enabled", "warn", "disabled"])
    .default("enabled")
    .describe("Whether changes by hand are undone, reported or left."),
});

const fluxRoot = z.strictObject({
  mode: z
    .enum(["observe", "manage"])
    .describe("observe: show what would change and change nothing; manage: own the root and its source."),
  name: objectName.default("cluster-apps").describe("Its name."),
  namespace: labelName.default("flux-system").describe("Its namespace."),
  path: repositoryPath.describe("Directory of the repository that holds the child Kustomizations."),
  interval: duration.default("30m").describe("How often it is reconciled."),
  retryInterval: duration.optional().describe("How soon it is tried again after a failure."),
  timeout: duration.optional().describe("How long it may take."),
  prune: z.boolean().default(true).describe("Whether children that left the repository are deleted."),
  wait: z.boolean().default(false).describe("Whether it is ready only once all children are."),
  decryptionSecret: objectName
    .nullable()
    .default("sops-age")
    .describe(
      "Secret with the age keys, of the root and of every child; null where the controller itself holds the key (`--sops-age-secret`, Flux 2.7).",
    ),
  substituteFrom: substituteFrom
    .default([])
    .describe("Where the root and every child take the values of `${…}` from."),
  settingsPath: repositoryPath
    .optional()
    .describe(
      "Directory with the settings and secrets for the root's own namespace; left out where the repository brings them there itself.",
    ),
  optOutLabel: z
    .string()
    .default("substitution.flux.home.arpa/disabled")
    .describe('A child with this label set to "true" is left alone by the global patches.'),
  children: childDefaults.describe("What every child gets by a global patch of the root."),
  helmReleases: helmReleaseDefaults
    .optional()
    .describe("Defaults of every HelmRelease, patched one level down by each child; left out: none."),
});

const fluxApps = z
  .strictObject({
    placement: z
      .enum(["unchanged", "namespace", "app"])
      .default("unchanged")
      .describe(
        "Where child Kustomizations live: left alone, moved to one namespace, or beside their apps, where the repository itself puts them.",
      ),
    namespace: labelName.default("flux-apps").describe("The one namespace of placement `namespace`."),
    settingsPath: repositoryPath
      .optional()
      .describe(
        "Directory with the repository's settings and secrets, brought to where the children live by a Flux Kustomization of its own.",
      ),
    rbac: z
      .enum(["controller", "strict"])
      .default("controller")
      .describe(
        "controller: children run with the controller's rights; strict: with a ServiceAccount bound in the tenant namespaces only.",
      ),
    tenantNamespaces: z.array(labelName).default([]).describe("The namespaces of the apps."),
  })
  .prefault({});

/** The section `flux`. */
export const flux = z.strictObject({
  install: z
    .strictObject({
      source: z.string().min(1).describe("Its path, or an https address."),
      sha256: sha256.describe("Its SHA-256."),
    })
    .optional()
    .describe(
      "The output of `flux install --export`, for a cluster without Flux. It is no part of the release: the gate compares it with what the stack before installs.",
    ),
  source: repositorySource.describe("The GitOps repository that the cluster follows."),
  root: fluxRoot.describe("The Kustomization whose children are the apps."),
  apps: fluxApps.describe("Where the children live, and with whose rights they run."),
  sources: z
    .array(ociSource)
    .default([])
    .describe("OCIRepositories to declare; by default the repository owns its chart sources."),
});
