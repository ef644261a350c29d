import { distinct } from "../../../../lib/distinct.ts";
import { scalarText } from "../../../gitops/kustomize/resource.ts";
import type { BuiltCluster, BuiltObject } from "../../../gitops/flux/built.ts";
import { searchedText } from "../../../gitops/yaml/file-text.ts";
import { isBuilt } from "../../built-files.ts";
import { clusterOf } from "../../clusters.ts";
import { idOf, nameOf, type WrittenObject } from "../../objects.ts";
import type { StepContext } from "../../step.ts";
import { commandFiles } from "../../text-files.ts";
import { isRelease } from "../oci/artifact.ts";
import { chartOf } from "../route/release/chart.ts";

/** Charts that have the CRD of AlertmanagerConfigs. */
const CHARTS = /prometheus-operator-crds|kube-prometheus-stack/;
const PROGRAM =
  /helmfile|bootstrap|(?:^|\/)(?:\.?justfile|makefile|taskfile[^/]*)$|\.(?:sh|just|mk|tf|nix|py|gotmpl|j2)$/i;
const CRD = "alertmanagerconfigs.monitoring.coreos.com";

/**
 * What to do before a cluster is built again, if only the release that gets the AlertmanagerConfig installs its CRD: Flux checks all objects of a Kustomization
 * before it applies those that are no CRDs, so neither would be applied. Empty if the Kustomization has such objects already, or if something installs the CRD
 * before it.
 * Source: https://fluxcd.io/flux/components/kustomize/kustomizations/#controlling-the-apply-order-of-resources
 */
export function newClusterLines(releases: readonly WrittenObject[], context: StepContext): readonly string[] {
  if (installedByProgram(context)) return [];
  return distinct(
    releases.flatMap(({ forms }) =>
      forms.flatMap((form) => {
        const { kustomization, object } = form;
        const cluster = clusterOf(form, context.clusters);
        if (!kustomization || !cluster || isInstalledBefore(form, cluster)) return [];
        const own = `Kustomization ${idOf(kustomization.object)}`;
        return `before: on a new cluster, ${own} could not be applied: Flux checks all its objects first, and the CRD of AlertmanagerConfigs comes only with HelmRelease ${idOf(object)} of the same Kustomization. Move the new file to a Kustomization that depends on this one, or install the CRD (chart prometheus-operator-crds) in one on which it depends`;
      }),
    ),
  );
}

function isInstalledBefore(form: BuiltObject, cluster: BuiltCluster): boolean {
  return cluster.objects.some(({ object, kustomization }) => {
    const isOwn = kustomization === form.kustomization;
    if (isOwn && scalarText(object.apiVersion).startsWith("monitoring.coreos.com/")) return true;
    if (object.kind === "CustomResourceDefinition" && nameOf(object).name === CRD) return true;
    return !isOwn && isRelease(object) && CHARTS.test(chartOf(object, [cluster]).name);
  });
}

/** Whether a program that builds clusters, such as Helmfile, names one of the charts. */
const installedByProgram = ({ repository, clusters }: StepContext): boolean =>
  commandFiles(repository)
    .filter((file) => PROGRAM.test(file) && !isBuilt(file, clusters))
    .some((file) => CHARTS.test(searchedText(repository, file)));
