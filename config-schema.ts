import { z } from "zod";

/**
 * The shape of a stack's configuration, one schema for all keys of the namespace `edgefirst`. Every object is strict:
 * an unknown key is a fault, since a misspelt one would silently leave its default in force.
 */

/** A Kubernetes object name: RFC 1123 subdomain. */
const objectName = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, "a lower-case Kubernetes object name (RFC 1123)");
/** A namespace, Service or label-like name: RFC 1123 label. */
const labelName = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, "a lower-case DNS label of at most 63 characters (RFC 1123)");
/** A hostname, with an optional leading wildcard label (Gateway API `Hostname`). */
const hostname = z
  .string()
  .max(253)
  .regex(
    /^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)+$/,
    "a hostname such as app.example.com or *.example.com",
  );
/** A duration as Flux reads it. */
const duration = z.string().regex(/^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$/, "a duration such as 30s, 10m or 1h");
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "64 lower-case hexadecimal digits (SHA-256)");
const port = z.int().min(1).max(65535);
const stringMap = z.record(z.string(), z.string());
const quantity = z
  .string()
  .regex(/^[0-9]+(\.[0-9]+)?([EPTGMk]i?|m)?$/, "a Kubernetes quantity such as 100m or 64Mi");
const secretReference = z.strictObject({ name: objectName });
const repositoryPath = z
  .string()
  .regex(/^\.(\/(?!\.\.(\/|$))[^/]+)*\/?$/, "a path inside the repository that starts with ./ and has no ..");

const cluster = z.strictObject({
  /** Name of the kubeconfig context; a stack never follows the current context, which another tool may switch. */
  context: z.string().min(1),
  /** Path of the kubeconfig; by default KUBECONFIG, then ~/.kube/config. */
  kubeconfig: z.string().min(1).optional(),
});

const gatewayApi = z
  .strictObject({
    /** false: the cluster gets the CRDs from elsewhere; they are checked and not applied. */
    install: z.boolean().default(true),
    /** A local file or directory with the very files of release.yaml, for machines without a network. */
    source: z.string().min(1).optional(),
  })
  .prefault({});

const resources = z.strictObject({
  requests: z.strictObject({ cpu: quantity, memory: quantity }),
  limits: z.strictObject({ cpu: quantity.optional(), memory: quantity }),
});

const traefik = z
  .strictObject({
    /** false: a HelmRelease owns Traefik here; it is only checked that it accepts the GatewayClass. */
    install: z.boolean().default(true),
    replicas: z.int().min(1).max(20).default(1),
    /** Replicas on different nodes: where possible, or else left pending. */
    spread: z.enum(["ScheduleAnyway", "DoNotSchedule"]).default("ScheduleAnyway"),
    /** How many replicas a drain may take away at once. With one replica there is no budget: it would block every drain. */
    podDisruptionBudget: z.strictObject({ maxUnavailable: z.int().min(1).default(1) }).prefault({}),
    service: z
      .strictObject({
        type: z.enum(["LoadBalancer", "ClusterIP", "NodePort"]).default("LoadBalancer"),
        /** For address pools, as in `lbipam.cilium.io/ips`. */
        annotations: stringMap.default({}),
        loadBalancerClass: z.string().min(1).optional(),
        externalTrafficPolicy: z.enum(["Cluster", "Local"]).default("Cluster"),
      })
      .prefault({}),
    resources: resources.default({
      requests: { cpu: "50m", memory: "64Mi" },
      limits: { memory: "256Mi" },
    }),
    logLevel: z.enum(["DEBUG", "INFO", "WARN", "ERROR"]).default("INFO"),
  })
  .prefault({});

const certificate = z.union(
  [
    z.strictObject({ secret: objectName, namespace: labelName.optional() }),
    z.strictObject({
      issuer: objectName,
      kind: z.enum(["Issuer", "ClusterIssuer"]).default("ClusterIssuer"),
    }),
  ],
  { error: "either { secret, namespace? } or { issuer, kind? }" },
);

const gateway = z.strictObject({
  /** Short enough for `traefik-gateway-<name>` to be the name of a Service. */
  name: labelName.max(47),
  namespace: labelName,
  /** The GatewayClass of this Gateway alone: one Gateway, one Traefik, one class (design.md, trap 3). */
  className: labelName,
  /** Which namespaces may attach routes: all, or those with these labels. */
  allowedNamespaces: z
    .union([z.literal("All"), z.literal("Same"), z.strictObject({ matchLabels: stringMap })], {
      error: '"All", "Same" or { matchLabels: {…} }',
    })
    .default("All"),
  http: z
    .strictObject({
      port: port.default(80),
      /** Answer every plain request with a redirect to HTTPS. */
      redirectToHttps: z.boolean().default(false),
    })
    .prefault({}),
  https: z
    .strictObject({
      port: port.default(443),
      /** One listener a hostname. One without a certificate is left out with a warning. */
      hostnames: z.array(z.strictObject({ hostname, certificate: certificate.optional() })).default([]),
    })
    .prefault({}),
  /** Defaults of the routes' monitoring, as `gatus.home-operations.com/…` annotations of the Gateway. */
  gatus: z
    .strictObject({
      enabled: z.boolean().optional(),
      /** The `endpoint` fragment: YAML that Gatus reads as an endpoint. */
      endpoint: z.record(z.string(), z.unknown()).optional(),
    })
    .prefault({}),
  traefik,
});

const sourceReference = z.union(
  [
    z.strictObject({
      branch: z.string().min(1),
      commit: z
        .string()
        .regex(/^[0-9a-f]{40}$/)
        .optional(),
    }),
    z.strictObject({
      tag: z
        .string()
        .min(1)
        .refine((tag) => tag !== "latest", "a real tag, never latest"),
    }),
    z.strictObject({ semver: z.string().min(1) }),
    z.strictObject({ digest: z.string().regex(/^sha256:[0-9a-f]{64}$/) }),
    z.strictObject({ commit: z.string().regex(/^[0-9a-f]{40}$/) }),
  ],
  {
    error:
      "exactly one of { branch, commit? }, { tag }, { semver }, { digest }, { commit }; a tag is never latest",
  },
);

const ociReference = z.union(
  [
    z.strictObject({
      tag: z
        .string()
        .min(1)
        .refine((tag) => tag !== "latest", "a real tag, never latest"),
    }),
    z.strictObject({ semver: z.string().min(1) }),
    z.strictObject({ digest: z.string().regex(/^sha256:[0-9a-f]{64}$/) }),
  ],
  { error: "exactly one of { tag }, { semver } or { digest }; a tag is never latest" },
);

const ociUrl = z
  .string()
  .regex(/^oci:\/\/[^\s/]+\/\S+$/, "an address such as oci://registry.example.com/charts/app");

const verify = z.strictObject({
  provider: z.enum(["cosign", "notation"]),
  secretRef: secretReference.optional(),
  matchOIDCIdentity: z.array(z.strictObject({ issuer: z.string(), subject: z.string() })).optional(),
});

/** Whose signature a commit or tag must carry. */
const gitVerify = z.strictObject({
  mode: z.enum(["HEAD", "Tag", "TagAndHEAD"]).default("HEAD"),
  secretRef: secretReference,
});

const ociSource = z.strictObject({
  name: objectName,
  namespace: labelName.default("flux-system"),
  url: ociUrl,
  ref: ociReference,
  interval: duration.default("1h"),
  secretRef: secretReference.optional(),
  verify: verify.optional(),
  /** true for a Helm chart: hands the chart's layer to helm-controller as it is. */
  helmChart: z.boolean().default(true),
  /** Plain HTTP, for a registry on this machine. */
  insecure: z.boolean().default(false),
});

const substituteFrom = z.array(
  z.strictObject({
    kind: z.enum(["ConfigMap", "Secret"]),
    name: objectName,
    optional: z.boolean().optional(),
  }),
);

const repositorySource = z
  .strictObject({
    kind: z.enum(["GitRepository", "OCIRepository"]),
    name: objectName,
    namespace: labelName.default("flux-system"),
    url: z.string().regex(/^(https?|ssh|oci):\/\/\S+$/, "an https://, ssh:// or oci:// address"),
    ref: sourceReference,
    interval: duration.default("30m"),
    /** .gitignore-style filter of what is taken from the repository. */
    ignore: z.string().optional(),
    secretRef: secretReference.optional(),
    verify: z
      .union([verify, gitVerify], {
        error:
          "{ provider, secretRef?, matchOIDCIdentity? } of an OCIRepository, { mode?, secretRef } of a GitRepository",
      })
      .optional(),
    insecure: z.boolean().default(false),
  })
  .superRefine((source, context) => {
    const oci = source.kind === "OCIRepository";
    if (oci !== source.url.startsWith("oci://"))
      context.addIssue({
        code: "custom",
        path: ["url"],
        input: source.url,
        message: oci
          ? "an oci:// address for an OCIRepository"
          : "an https:// or ssh:// address for a GitRepository",
      });
    if (source.verify !== undefined && oci !== "provider" in source.verify)
      context.addIssue({
        code: "custom",
        path: ["verify"],
        input: source.verify,
        message: oci
          ? "{ provider, secretRef?, matchOIDCIdentity? } for an OCIRepository"
          : "{ mode?, secretRef } for a GitRepository",
      });
    if (!oci && source.insecure)
      context.addIssue({
        code: "custom",
        path: ["insecure"],
        input: source.insecure,
        message: "only for an OCIRepository; a GitRepository says it by its http:// address",
      });
    if (oci && ("branch" in source.ref || "commit" in source.ref))
      context.addIssue({
        code: "custom",
        path: ["ref"],
        input: source.ref,
        message: "tag, semver or digest for an OCIRepository",
      });
    if (!oci && "digest" in source.ref)
      context.addIssue({
        code: "custom",
        path: ["ref"],
        input: source.ref,
        message: "branch, tag, semver or commit for a GitRepository",
      });
  });

/** What every child Kustomization gets by a global patch of the root. */
const childDefaults = z
  .strictObject({
    interval: duration.optional(),
    retryInterval: duration.optional(),
    timeout: duration.optional(),
    prune: z.boolean().optional(),
    deletionPolicy: z.enum(["MirrorPrune", "Delete", "WaitForTermination", "Orphan"]).optional(),
  })
  .prefault({});

/** Defaults of every HelmRelease, patched one level down by each child. */
const helmReleaseDefaults = z.strictObject({
  retries: z.int().min(-1).max(100).default(3),
  crds: z.enum(["Skip", "Create", "CreateReplace"]).default("CreateReplace"),
  driftDetection: z.enum(["enabled", "warn", "disabled"]).default("enabled"),
});

const fluxRoot = z.strictObject({
  /** observe: show what would change and change nothing; manage: own the root and its source. */
  mode: z.enum(["observe", "manage"]),
  name: objectName.default("cluster-apps"),
  namespace: labelName.default("flux-system"),
  path: repositoryPath,
  interval: duration.default("30m"),
  retryInterval: duration.optional(),
  timeout: duration.optional(),
  prune: z.boolean().default(true),
  wait: z.boolean().default(false),
  /** Name of the Secret with the age keys; null where the controller itself holds the key (design.md, trap 15). */
  decryptionSecret: objectName.nullable().default("sops-age"),
  substituteFrom: substituteFrom.default([]),
  /** Path of the settings and secrets for the root's own namespace; left out where the repository brings them there itself. */
  settingsPath: repositoryPath.optional(),
  /** A child with this label set to "true" is left alone by the global patches. */
  optOutLabel: z.string().default("substitution.flux.home.arpa/disabled"),
  children: childDefaults,
  helmReleases: helmReleaseDefaults.optional(),
});

const fluxApps = z
  .strictObject({
    /** Where child Kustomizations live: left alone, moved to one namespace, or beside their apps, where the repository itself puts them. */
    placement: z.enum(["unchanged", "namespace", "app"]).default("unchanged"),
    namespace: labelName.default("flux-apps"),
    /** Path of the repository's settings and secrets, brought to the namespace by a Flux Kustomization of its own. */
    settingsPath: repositoryPath.optional(),
    /** controller: children run with the controller's rights; strict: with a ServiceAccount bound in the tenant namespaces only. */
    rbac: z.enum(["controller", "strict"]).default("controller"),
    tenantNamespaces: z.array(labelName).default([]),
  })
  .prefault({});

const flux = z.strictObject({
  /** The output of `flux install --export`, as a path or an https address with its SHA-256, for a cluster without Flux. */
  install: z.strictObject({ source: z.string().min(1), sha256 }).optional(),
  source: repositorySource,
  root: fluxRoot,
  apps: fluxApps,
  /** OCIRepositories to declare; by default the repository owns its chart sources. */
  sources: z.array(ociSource).default([]),
});

const gatusEndpoint = z.looseObject({
  name: z.string().min(1),
  group: z.string().optional(),
  url: z.string().min(1),
  interval: duration.default("1m"),
  conditions: z.array(z.string().min(1)).min(1),
});

const gatus = z
  .strictObject({
    /** false: a HelmRelease owns Gatus here. */
    install: z.boolean(),
    namespace: labelName.default("observability"),
    /** Hostname of its page; no HTTPRoute without one. */
    hostname: hostname.optional(),
    /** Name of the Gateway that serves the page; by default the first one of `gateways`. */
    gateway: labelName.optional(),
    /** Endpoints that no route stands for; Gatus refuses to run with none at all (design.md, trap 13). */
    endpoints: z.array(gatusEndpoint).default([]),
    storage: z
      .discriminatedUnion("type", [
        z.strictObject({ type: z.literal("memory") }),
        z.strictObject({
          type: z.literal("sqlite"),
          size: quantity.default("1Gi"),
          storageClass: z.string().optional(),
        }),
        z.strictObject({ type: z.literal("postgres"), secret: objectName, key: z.string().default("url") }),
      ])
      .default({ type: "memory" }),
    /** Kinds that gatus-sidecar turns into endpoints by itself. */
    discover: z
      .strictObject({ httpRoutes: z.boolean().default(true), services: z.boolean().default(false) })
      .prefault({}),
    /** Endpoints from ConfigMaps of any namespace with the label `gatus.io/enabled`. */
    labelledConfigMaps: z.boolean().default(false),
    /** Alert by Pushover; needs pushoverToken and pushoverUserKey. */
    pushover: z.boolean().default(false),
  })
  .prefault({ install: false });

const alerting = z
  .strictObject({
    install: z.boolean(),
    namespace: labelName.default("observability"),
    /** Namespace in which the Alertmanager that reads the AlertmanagerConfig runs. */
    ruleLabels: stringMap.default({}),
    /** Route critical alerts to Pushover; needs pushoverToken and pushoverUserKey. */
    pushover: z.boolean().default(true),
  })
  .prefault({ install: false });

/** `Kind name` or `Kind namespace/name`. */
const adoptable = z
  .string()
  .regex(
    /^[A-Z][A-Za-z]+ ([-a-z0-9.]+\/)?[-a-z0-9.:]+$/,
    'an object such as "Namespace network" or "ConfigMap network/app"',
  );

/** Every key of the namespace `edgefirst` that is not a secret. */
export const configSchema = z.strictObject({
  cluster,
  adopt: z.array(adoptable).default([]),
  gatewayApi,
  gateways: z.array(gateway).default([]),
  flux: flux.optional(),
  gatus,
  alerting,
});

/** Configuration keys whose values are secret; each must be set with `pulumi config set --secret`. */
export const SECRET_KEYS = ["sopsAgeKey", "pushoverToken", "pushoverUserKey"] as const;
export type SecretKey = (typeof SECRET_KEYS)[number];

export type Config = z.infer<typeof configSchema>;
export type GatewayConfig = Config["gateways"][number];
export type FluxConfig = NonNullable<Config["flux"]>;
