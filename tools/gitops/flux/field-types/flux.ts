import type { Type } from "../../kustomize/typed.ts";
import { booleans, integers, strings, TEXT_MAP, TEXTS } from "./notation.ts";

const NAME: Type = { fields: strings("name") };
const REFERENCE: Type = { fields: strings("apiVersion", "kind", "name", "namespace") };
const KUBE_CONFIG: Type = { fields: { secretRef: { fields: strings("name", "key") }, configMapRef: NAME } };
const DEPENDS_ON: Type = { list: { fields: strings("name", "namespace", "readyExpr") } };

/** Source: kustomize.toolkit.fluxcd.io_kustomizations.yaml in github.com/fluxcd/kustomize-controller. */
const KUSTOMIZATION: Type = {
  fields: {
    ...strings("deletionPolicy", "interval", "namePrefix", "nameSuffix", "path", "retryInterval"),
    ...strings("serviceAccountName", "targetNamespace", "timeout"),
    ...booleans("force", "ignoreMissingComponents", "prune", "suspend", "wait"),
    commonMetadata: { fields: { labels: TEXT_MAP, annotations: TEXT_MAP } },
    components: TEXTS,
    decryption: { fields: { ...strings("provider", "serviceAccountName"), secretRef: NAME } },
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
        substituteFrom: { list: { fields: { ...strings("kind", "name"), ...booleans("optional") } } },
        substituteStrategy: "string",
      },
    },
    sourceRef: REFERENCE,
  },
};

const REMEDIATION: Record<string, Type> = {
  ...booleans("ignoreTestFailures", "remediateLastFailure"),
  ...integers("retries"),
};

/** The fields that install, upgrade, rollback and uninstall have in common. */
const ACTION: Record<string, Type> = {
  ...booleans("disableHooks", "disableWait", "disableWaitForJobs"),
  ...strings("timeout"),
};

/** Source: helm.toolkit.fluxcd.io_helmreleases.yaml in github.com/fluxcd/helm-controller. */
const HELM_RELEASE: Type = {
  fields: {
    ...strings("interval", "releaseName", "serviceAccountName", "storageNamespace", "targetNamespace"),
    ...strings("timeout"),
    ...booleans("persistentClient", "suspend"),
    ...integers("maxHistory"),
    chart: {
      fields: {
        spec: {
          fields: {
            ...strings("chart", "interval", "reconcileStrategy", "version"),
            ...booleans("ignoreMissingValuesFiles"),
            sourceRef: REFERENCE,
            valuesFiles: TEXTS,
          },
        },
      },
    },
    chartRef: REFERENCE,
    dependsOn: DEPENDS_ON,
    driftDetection: { fields: strings("mode") },
    install: {
      fields: {
        ...ACTION,
        ...booleans("createNamespace", "disableOpenAPIValidation", "replace", "skipCRDs"),
        ...strings("crds"),
        remediation: { fields: REMEDIATION },
      },
    },
    kubeConfig: KUBE_CONFIG,
    rollback: { fields: { ...ACTION, ...booleans("cleanupOnFail", "force", "recreate") } },
    test: { fields: { ...booleans("enable", "ignoreFailures"), ...strings("timeout") } },
    uninstall: {
      fields: {
        ...booleans("disableHooks", "disableWait", "keepHistory"),
        ...strings("deletionPropagation", "timeout"),
      },
    },
    upgrade: {
      fields: {
        ...ACTION,
        ...booleans("cleanupOnFail", "disableOpenAPIValidation", "force", "preserveValues"),
        ...strings("crds"),
        remediation: { fields: { ...REMEDIATION, ...strings("strategy") } },
      },
    },
    valuesFrom: {
      list: { fields: { ...strings("kind", "name", "valuesKey", "targetPath"), ...booleans("optional") } },
    },
  },
};

/** The fields that Flux's sources have in common. */
const SOURCE: Record<string, Type> = {
  ...strings("interval", "timeout", "url", "provider"),
  ...booleans("suspend"),
  secretRef: NAME,
};

/** Source: source.toolkit.fluxcd.io_*.yaml in github.com/fluxcd/source-controller. */
const OCI_REPOSITORY: Type = {
  fields: {
    ...SOURCE,
    ...strings("ignore", "serviceAccountName"),
    ...booleans("insecure"),
    layerSelector: { fields: strings("mediaType", "operation") },
    ref: { fields: strings("digest", "semver", "semverFilter", "tag") },
  },
};
const HELM_REPOSITORY: Type = {
  fields: { ...SOURCE, ...strings("type"), ...booleans("insecure", "passCredentials") },
};
const GIT_REPOSITORY: Type = {
  fields: {
    ...SOURCE,
    ...strings("ignore"),
    ...booleans("recurseSubmodules"),
    ref: { fields: strings("branch", "commit", "name", "semver", "tag") },
    sparseCheckout: TEXTS,
  },
};

/** The types of `spec`, as `group/kind`. */
export const FLUX_SPECS: Readonly<Record<string, Type>> = {
  "kustomize.toolkit.fluxcd.io/Kustomization": KUSTOMIZATION,
  "helm.toolkit.fluxcd.io/HelmRelease": HELM_RELEASE,
  "source.toolkit.fluxcd.io/GitRepository": GIT_REPOSITORY,
  "source.toolkit.fluxcd.io/HelmRepository": HELM_REPOSITORY,
  "source.toolkit.fluxcd.io/OCIRepository": OCI_REPOSITORY,
};
