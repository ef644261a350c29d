import {
  booleans,
  durations,
  integers,
  oneOf,
  startingWith,
  strings,
  TEXT_MAP,
  TEXTS,
  type Fields,
  type FieldType,
} from "./notation.ts";

const NAME: FieldType = { fields: strings("name") };
const REFERENCE: FieldType = { fields: strings("apiVersion", "kind", "name", "namespace") };
const KUBE_CONFIG: FieldType = {
  fields: { secretRef: { fields: strings("name", "key") }, configMapRef: NAME },
};
const SECRET_OR_MAP = oneOf("Secret", "ConfigMap");
const DEPENDS_ON: FieldType = { list: { fields: strings("name", "namespace", "readyExpr") } };

/** Source: kustomize.toolkit.fluxcd.io_kustomizations.yaml in github.com/fluxcd/kustomize-controller. */
const KUSTOMIZATION: FieldType = {
  fields: {
    ...strings("namePrefix", "nameSuffix", "path", "serviceAccountName", "targetNamespace"),
    ...durations("interval", "retryInterval", "timeout"),
    ...booleans("force", "ignoreMissingComponents", "prune", "suspend", "wait"),
    commonMetadata: { fields: { labels: TEXT_MAP, annotations: TEXT_MAP } },
    components: TEXTS,
    decryption: { fields: { provider: oneOf("sops"), ...strings("serviceAccountName"), secretRef: NAME } },
    deletionPolicy: oneOf("MirrorPrune", "Delete", "WaitForTermination", "Orphan"),
    dependsOn: DEPENDS_ON,
    healthCheckExprs: {
      list: { fields: strings("apiVersion", "kind", "current", "failed", "inProgress") },
    },
    healthChecks: { list: REFERENCE },
    images: { list: { fields: strings("name", "newName", "newTag", "digest") } },
    kubeConfig: KUBE_CONFIG,
    patches: {
      list: {
        fields: {
          patch: "string",
          target: {
            fields: strings(
              ...["group", "version", "kind", "name", "namespace"],
              ...["labelSelector", "annotationSelector"],
            ),
          },
        },
      },
    },
    postBuild: {
      fields: {
        substitute: TEXT_MAP,
        substituteFrom: {
          list: { fields: { kind: SECRET_OR_MAP, ...strings("name"), ...booleans("optional") } },
        },
        substituteStrategy: oneOf("WithVariables", "Always"),
      },
    },
    sourceRef: REFERENCE,
  },
};

const REMEDIATION: Fields = {
  ...booleans("ignoreTestFailures", "remediateLastFailure"),
  ...integers("retries"),
};

/** The fields that install, upgrade, rollback and uninstall have in common. */
const ACTION: Fields = {
  ...booleans("disableHooks", "disableWait", "disableWaitForJobs"),
  ...durations("timeout"),
};

const CRDS = oneOf("Skip", "Create", "CreateReplace");

/** Source: helm.toolkit.fluxcd.io_helmreleases.yaml in github.com/fluxcd/helm-controller. */
const HELM_RELEASE: FieldType = {
  fields: {
    ...strings("releaseName", "serviceAccountName", "storageNamespace", "targetNamespace"),
    ...durations("interval", "timeout"),
    ...booleans("persistentClient", "suspend"),
    ...integers("maxHistory"),
    chart: {
      fields: {
        spec: {
          fields: {
            ...strings("chart", "reconcileStrategy", "version"),
            ...durations("interval"),
            ...booleans("ignoreMissingValuesFiles"),
            sourceRef: REFERENCE,
            valuesFiles: TEXTS,
          },
        },
      },
    },
    chartRef: REFERENCE,
    dependsOn: DEPENDS_ON,
    driftDetection: { fields: { mode: oneOf("enabled", "warn", "disabled") } },
    install: {
      fields: {
        ...ACTION,
        ...booleans("createNamespace", "disableOpenAPIValidation", "replace", "skipCRDs"),
        crds: CRDS,
        remediation: { fields: REMEDIATION },
      },
    },
    kubeConfig: KUBE_CONFIG,
    rollback: { fields: { ...ACTION, ...booleans("cleanupOnFail", "force", "recreate") } },
    test: { fields: { ...booleans("enable", "ignoreFailures"), ...durations("timeout") } },
    uninstall: {
      fields: {
        ...booleans("disableHooks", "disableWait", "keepHistory"),
        deletionPropagation: oneOf("background", "foreground", "orphan"),
        ...durations("timeout"),
      },
    },
    upgrade: {
      fields: {
        ...ACTION,
        ...booleans("cleanupOnFail", "disableOpenAPIValidation", "force", "preserveValues"),
        crds: CRDS,
        remediation: { fields: { ...REMEDIATION, strategy: oneOf("rollback", "uninstall") } },
      },
    },
    values: { fields: {} },
    valuesFrom: {
      list: {
        fields: {
          kind: SECRET_OR_MAP,
          ...strings("name", "valuesKey", "targetPath"),
          ...booleans("optional"),
        },
      },
    },
  },
};

/** The fields that Flux's sources have in common. */
const SOURCE: Fields = {
  ...strings("provider", "timeout"),
  ...durations("interval"),
  ...booleans("suspend"),
  secretRef: NAME,
};

/** Source: source.toolkit.fluxcd.io_*.yaml in github.com/fluxcd/source-controller. */
const OCI_REPOSITORY: FieldType = {
  fields: {
    ...SOURCE,
    ...strings("ignore", "serviceAccountName"),
    ...booleans("insecure"),
    url: startingWith("oci://"),
    layerSelector: { fields: { ...strings("mediaType"), operation: oneOf("extract", "copy") } },
    ref: { fields: strings("digest", "semver", "semverFilter", "tag") },
  },
};
const HELM_REPOSITORY: FieldType = {
  fields: {
    ...SOURCE,
    ...booleans("insecure", "passCredentials"),
    type: oneOf("default", "oci"),
    url: startingWith("http://", "https://", "oci://"),
  },
};
const GIT_REPOSITORY: FieldType = {
  fields: {
    ...SOURCE,
    ...strings("ignore"),
    ...booleans("recurseSubmodules"),
    url: startingWith("http://", "https://", "ssh://"),
    ref: { fields: strings("branch", "commit", "name", "semver", "tag") },
    sparseCheckout: TEXTS,
  },
};

/** The types of `spec`, as `group/kind`. */
export const FLUX_SPECS: Fields = {
  "kustomize.toolkit.fluxcd.io/Kustomization": KUSTOMIZATION,
  "helm.toolkit.fluxcd.io/HelmRelease": HELM_RELEASE,
  "source.toolkit.fluxcd.io/GitRepository": GIT_REPOSITORY,
  "source.toolkit.fluxcd.io/HelmRepository": HELM_REPOSITORY,
  "source.toolkit.fluxcd.io/OCIRepository": OCI_REPOSITORY,
};
