import { z } from "zod";
import { EdgefirstError } from "../../lib/errors.ts";
import type { Repository } from "../gitops/yaml/repository.ts";

/** Where a repository says what the steps cannot know. */
export const OPTIONS_FILE = ".edgefirst/migrate.yaml";

/** Step `components`: which directory becomes, or gives way to, which component. In this order; paths from the repository's root. */
const components = z.strictObject({
  directories: z
    .record(z.string().min(1), z.string().min(1))
    .default(() => inShared(COMPONENTS_OF_TEMPLATES, "templates")),
  /** Components with another name than they should have. */
  renamed: z
    .record(z.string().min(1), z.string().min(1))
    .default(() => inShared({ "gatus/gaurded": "gatus/guarded" }, "components")),
  /** Directories of templates and components that are to go, where nothing refers to them. */
  remove: z.array(z.string().min(1)).default([]),
});

const COMPONENTS_OF_TEMPLATES = {
  "gatus/gaurded": "gatus/guarded",
  "gatus/guarded": "gatus/guarded",
  "gatus/external": "gatus/external",
  "volsync/app-pvc": "volsync/aws",
  "volsync/extra-pvc": "volsync/extra-pvc",
  "volsync/aws": "volsync/aws",
  "volsync/b2": "volsync/b2",
  "volsync/r2": "volsync/r2",
};

const inShared = (table: Readonly<Record<string, string>>, directory: string): Record<string, string> =>
  Object.fromEntries(
    Object.entries(table).map(([from, to]) => [
      `kubernetes/shared/${directory}/${from}`,
      `kubernetes/shared/components/${to}`,
    ]),
  );

/** Step `taskfile`. */
const taskfile = z.strictObject({
  /** Includes that stay in the root Taskfile. */
  includes: z.array(z.string()).default(["kubernetes", "flux", "sops"]),
  /** Includes of which only `keep` and what others call stays. */
  pruned: z.array(z.string()).default(["flux"]),
  /** Tasks that stay although no other calls them, as they are called from the root. */
  keep: z
    .array(z.string())
    .default(["default", "flux:verify", "flux:sync", "flux:bootstrap", "flux:github-deploy-key"]),
});

/** Step `oci`. */
const oci = z.strictObject({
  /** Tags that a registry is known to have, by the chart's `oci://` address. */
  published: z.record(z.string(), z.array(z.string())).default({}),
  /** Charts whose workloads have the chart's version in their selectors, which can never change. */
  versionInSelector: z.array(z.string()).default([]),
  /** HelmRepositories that are to go, by `namespace/name`. */
  remove: z.array(z.string().regex(/^[^/]+\/[^/]+$/, "write namespace/name")).default([]),
});

/** Step `annotate`. */
const annotate = z.strictObject({
  /** Clusters in which gatus-sidecar runs with `--auto-httproute`, and not from this repository. */
  sidecar: z.array(z.string()).default([]),
});

/** Step `probes`. */
const probes = z.strictObject({
  /** Paths that answer for an app's readiness, by its image's name without the tag. */
  paths: z.record(z.string().min(1), z.string().startsWith("/")).default({}),
});

/** Step `route`. */
const route = z.strictObject({
  /** By the class of an Ingress. */
  gateways: z
    .record(
      z.string().min(1),
      z.strictObject({
        name: z.string().min(1),
        namespace: z.string().min(1),
        /** The listener, by port or name, in place of an entry point that an Ingress names. */
        entryPoints: z
          .record(z.string().min(1), z.union([z.int().positive(), z.string().min(1)]))
          .default({}),
      }),
    )
    .default({}),
  /** Ingresses stay beside the routes that come. */
  keepIngress: z.boolean().default(false),
});

/** Step `gateway-provider`. */
const gatewayProvider = z.strictObject({
  /** Traefik's HelmReleases, by `namespace/name`. */
  releases: z
    .record(
      z.string().regex(/^[^/]+\/[^/]+$/, "write namespace/name"),
      z.strictObject({
        /** Of the GatewayClass that this Traefik alone answers for. */
        labelSelector: z.string().min(1),
        /** Ports of the Gateway's listeners, by the entry point that serves them. */
        ports: z.record(z.string().min(1), z.int().positive()),
      }),
    )
    .default({}),
});

/** Step `namespace`. */
const namespace = z.strictObject({
  /** Name of the Kustomization whose children move. */
  root: z.string().min(1).default("cluster-apps"),
  /** Where they move to. */
  target: z.string().min(1).default("flux-apps"),
  /** Each child moves to the namespace of its app in place of the target: to its `targetNamespace`. */
  perApp: z.boolean().default(false),
  /** Children with this label set to "true" are no business of the global patches, and stay. */
  optOutLabel: z.string().min(1).default("substitution.flux.home.arpa/disabled"),
  /** Kinds with data of their own, `Kind` or `Kind.group`: Flux is never to prune these. */
  data: z.array(z.string()).default(["PersistentVolumeClaim", "Cluster.postgresql.cnpg.io"]),
  /** Names of Kustomizations that children depend on, that the repository does not hold, and that come to the target as well. */
  dependencies: z.array(z.string().min(1)).default([]),
  /** How far each cluster is to go; guard where nothing is said. */
  phases: z.record(z.string(), z.enum(["guard", "move", "unguard"])).default({}),
});

/** Step `handover`. */
const handover = z.strictObject({
  /** Name of the Kustomization that the stack's flux.root is; its source goes with it. */
  root: z.string().min(1).default("cluster-apps"),
  /** What else the stacks own: a Gateway, say, or the Kustomization of an app that comes from the stack now. */
  objects: z.array(z.strictObject({ kind: z.string(), namespace: z.string(), name: z.string() })).default([]),
  /** How far each cluster is to go; guard where nothing is said. */
  phases: z.record(z.string(), z.enum(["guard", "remove"])).default({}),
});

/** Sections of steps; each has a default for every key. */
const optionsSchema = z.strictObject({
  components: components.prefault({}),
  taskfile: taskfile.prefault({}),
  oci: oci.prefault({}),
  probes: probes.prefault({}),
  annotate: annotate.prefault({}),
  "gateway-provider": gatewayProvider.prefault({}),
  route: route.prefault({}),
  namespace: namespace.prefault({}),
  handover: handover.prefault({}),
});

/** What the steps go by: the repository's own {@link OPTIONS_FILE} over the defaults. */
export type MigrateOptions = z.output<typeof optionsSchema>;

/**
 * Reads the options of a repository.
 * @throws EdgefirstError naming each fault of the file
 */
export function readOptions(repository: Repository): MigrateOptions {
  if (!repository.isFile(OPTIONS_FILE)) return optionsSchema.parse({});
  const { documents, errors } = repository.parse(OPTIONS_FILE);
  const [fault] = errors;
  if (fault) throw wrong([fault.message]);
  const result = optionsSchema.safeParse(documents[0]?.value ?? {});
  if (!result.success) {
    throw wrong(result.error.issues.map(({ path, message }) => `${path.join(".") || "(top)"}: ${message}`));
  }
  return result.data;
}

function wrong(faults: readonly string[]): EdgefirstError {
  return new EdgefirstError(
    `${OPTIONS_FILE} is wrong: ${faults.join("; ")}.`,
    "docs/guides/migrate.md has every key. Nothing was changed.",
  );
}
