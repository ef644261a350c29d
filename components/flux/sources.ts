import * as pulumi from "@pulumi/pulumi";
import type { KubeObject } from "../../kube/objects.ts";
import { declare, labelled, type CommonArgs } from "../shared/declare.ts";
import { omitUndefined } from "../../lib/omit.ts";

/** Arguments of {@link FluxSources}. */
export interface FluxSourcesArgs extends CommonArgs {
  /** None by default, since the repository usually owns its chart sources. */
  readonly sources: readonly OciSource[];
}

/** An artifact in an OCI registry. */
export interface OciSource {
  readonly name: string;
  readonly namespace: string;
  /** `oci://…` without a tag; for a Helm chart, the chart itself rather than a repository of charts (docs/decisions/charts-from-oci.md). */
  readonly url: string;
  readonly ref: OciReference;
  readonly interval: string;
  /** Secret with the registry's credentials. */
  readonly secretRef?: SecretReference | undefined;
  readonly verify?: OciVerification | undefined;
  /** Whether the artifact is a Helm chart. If so, Flux passes its layer to helm-controller unchanged. */
  readonly helmChart: boolean;
  /** Plain HTTP. */
  readonly insecure: boolean;
}

/** Exactly one of these. */
export type OciReference =
  { readonly tag: string } | { readonly semver: string } | { readonly digest: string };

/** The name of a Secret in the same namespace. */
export interface SecretReference {
  readonly name: string;
}

/** How to verify an artifact's signature; without a Secret, cosign uses keyless verification. */
export interface OciVerification {
  readonly provider: "cosign" | "notation";
  readonly secretRef?: SecretReference | undefined;
  /** Regular expressions that the certificate's issuer and subject must match. */
  readonly matchOIDCIdentity?: readonly { readonly issuer: string; readonly subject: string }[] | undefined;
}

/** The media type of a Helm chart's layer (https://helm.sh/docs/topics/registries/). */
const HELM_LAYER = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";

/** The Flux OCIRepositories that the stack declares. */
export class FluxSources extends pulumi.ComponentResource {
  constructor(name: string, args: FluxSourcesArgs, options: pulumi.ComponentResourceOptions) {
    super("edgefirst:platform:FluxSources", name, {}, options);
    for (const object of fluxSourcesObjects(args)) declare(object, { parent: this });
    this.registerOutputs();
  }
}

/** The OCIRepositories. */
export function fluxSourcesObjects({ sources, labels }: FluxSourcesArgs): KubeObject[] {
  return sources.map((source) => labelled(labels, ociRepository(source)));
}

function ociRepository({ name, namespace, helmChart, insecure, ...source }: OciSource): KubeObject {
  return {
    apiVersion: "source.toolkit.fluxcd.io/v1",
    kind: "OCIRepository",
    metadata: { name, namespace },
    spec: omitUndefined({
      interval: source.interval,
      url: source.url,
      ref: source.ref,
      layerSelector: helmChart ? { mediaType: HELM_LAYER, operation: "copy" } : undefined,
      secretRef: source.secretRef,
      verify: source.verify && omitUndefined(source.verify),
      insecure: insecure ? true : undefined,
    }),
  };
}
