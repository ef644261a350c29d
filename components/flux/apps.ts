import * as pulumi from "@pulumi/pulumi";
import type { KubeObject } from "../../kube/objects.ts";
import { declareRetained, labelled, type CommonArgs } from "../shared/declare.ts";
import { omitUndefined } from "../../lib/omit.ts";
import { decryption } from "./patches.ts";
import { childNamespaces, settingsOf, type FluxPlacementArgs, type Settings } from "./placement.ts";
import { tenantObjects } from "./tenants.ts";
import type { FluxRootArgs } from "./root.ts";

/** Arguments of {@link FluxApps}. */
export interface FluxAppsArgs extends CommonArgs, FluxPlacementArgs {
  /** The root that the children belong to. */
  readonly root: Omit<FluxRootArgs, "apps" | "labels" | "installsFlux">;
  /** The age private key that the children decrypt with; if undefined, that Secret must already exist in their namespaces. */
  readonly sopsAgeKey?: pulumi.Input<string> | undefined;
}

/** Key in the Secret's data; Flux reads every key that ends in .agekey. */
const AGE_KEY = "age.agekey";

/**
 * What child Kustomizations need in their namespaces: the decryption key, the repository's settings and, in strict mode, a ServiceAccount. Like the children,
 * all of it outlives the stack.
 */
export class FluxApps extends pulumi.ComponentResource {
  constructor(name: string, args: FluxAppsArgs, options: pulumi.ComponentResourceOptions) {
    super("edgefirst:platform:FluxApps", name, {}, options);
    for (const object of fluxAppsObjects(args)) declareRetained(object, { parent: this });
    this.registerOutputs();
  }
}

/** Namespaces of the children and the tenants, which must exist first. */
export function fluxAppsNamespaces(args: FluxAppsArgs): readonly string[] {
  if (args.root.mode === "observe") return [];
  return [...new Set([...childNamespaces(args), ...(args.rbac === "strict" ? args.tenantNamespaces : [])])];
}

/** Secrets, settings and ServiceAccounts; none in observe mode. */
export function fluxAppsObjects(args: FluxAppsArgs): KubeObject[] {
  if (args.root.mode === "observe") return [];
  return [
    ...childNamespaces(args).flatMap((namespace) => ageSecret(args, namespace)),
    ...settingsOf(args.root, args).map((settings) => settingsObject(args, settings)),
    ...tenantObjects(args),
  ].map((object) => labelled(args.labels, object));
}

function ageSecret({ root, sopsAgeKey }: FluxAppsArgs, namespace: string): KubeObject[] {
  if (root.decryptionSecret === null || sopsAgeKey === undefined) return [];
  return [
    {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: root.decryptionSecret, namespace },
      type: "Opaque",
      stringData: { [AGE_KEY]: sopsAgeKey },
    },
  ];
}

/** The Kustomization is in the root's namespace, with the source and the key, and applies the settings to the namespace that needs them. */
function settingsObject({ root }: FluxAppsArgs, { name, path, namespace }: Settings): KubeObject {
  const { kind, name: source, namespace: sourceNamespace } = root.source;
  return {
    apiVersion: "kustomize.toolkit.fluxcd.io/v1",
    kind: "Kustomization",
    metadata: { name, namespace: root.namespace },
    spec: omitUndefined({
      interval: root.interval,
      retryInterval: root.retryInterval,
      path,
      targetNamespace: namespace,
      prune: true,
      wait: true,
      deletionPolicy: "Orphan",
      sourceRef: { kind, name: source, namespace: sourceNamespace },
      decryption: root.decryptionSecret === null ? undefined : decryption(root.decryptionSecret),
    }),
  };
}
