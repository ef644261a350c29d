import type { ClusterReader, Finding } from "../../kube/client.ts";
import type { KubeObject } from "../../kube/objects.ts";

/** The CRD of each Flux kind that a stack declares. */
const DEFINITIONS: Readonly<Record<string, string>> = {
  Kustomization: "kustomizations.kustomize.toolkit.fluxcd.io",
  GitRepository: "gitrepositories.source.toolkit.fluxcd.io",
  OCIRepository: "ocirepositories.source.toolkit.fluxcd.io",
};

interface Definition extends KubeObject {
  readonly spec: {
    readonly versions: readonly {
      readonly name: string;
      readonly served: boolean;
      readonly schema?: { readonly openAPIV3Schema?: Schema };
    }[];
  };
}

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
}

/**
 * Checks that the cluster serves these Flux objects' kinds, in the same versions and with all fields that the objects set. Reports at most one finding per
 * kind.
 */
export async function checkFluxKinds(
  objects: readonly KubeObject[],
  cluster: ClusterReader,
): Promise<Finding[]> {
  const kinds = new Map(objects.map((object) => [object.kind, object]));
  const findings = await Promise.all(
    [...kinds.values()]
      .filter(({ kind }) => kind in DEFINITIONS)
      .map((object) => checkKind(object, fieldsOf(objects, object.kind), cluster)),
  );
  return findings.filter((finding) => finding !== undefined);
}

function fieldsOf(objects: readonly KubeObject[], kind: string): string[] {
  return [
    ...new Set(
      objects
        .filter((object) => object.kind === kind)
        .flatMap(({ spec }) => Object.keys(spec as Readonly<Record<string, unknown>>)),
    ),
  ];
}

async function checkKind(
  { apiVersion, kind }: KubeObject,
  fields: readonly string[],
  cluster: ClusterReader,
): Promise<Finding | undefined> {
  const definition = (await cluster.get({
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: DEFINITIONS[kind] ?? "" },
  })) as unknown as Definition | undefined;
  if (definition === undefined)
    return {
      severity: "error",
      message: `Flux is not installed on ${cluster.context}: the cluster does not serve ${kind} (${apiVersion}).`,
      hint: "Run `flux check --pre` and `flux install` against the cluster, or let this stack install Flux: set edgefirst:flux.install to the output of `flux install --export` and its SHA-256.",
    };
  const version = apiVersion.split("/")[1];
  const served = definition.spec.versions.filter((entry) => entry.served);
  const schema = served.find(({ name }) => name === version)?.schema;
  if (!served.some(({ name }) => name === version))
    return outdated(
      `serves ${kind} only as ${served.map(({ name }) => name).join(", ")}, not ${apiVersion}`,
      cluster,
    );
  const known = schema?.openAPIV3Schema?.properties?.spec?.properties;
  const unknown = known === undefined ? [] : fields.filter((field) => !(field in known));
  if (unknown.length === 0) return undefined;
  const noun = unknown.length === 1 ? "field" : "fields";
  return outdated(`has a ${kind} without the ${noun} ${unknown.join(", ")}`, cluster);
}

function outdated(problem: string, { context }: ClusterReader): Finding {
  return {
    severity: "error",
    message: `Flux on ${context} is too old: it ${problem}.`,
    hint: "Upgrade Flux to 2.5 or later: run `flux check --pre` and `flux install` against the cluster, or bump its version in the repository that installs it.",
  };
}
