import { namerOf } from "../../../../../policy/objects/app-template-dialect.ts";
import { enabled } from "../../../../../policy/objects/app-template.ts";
import { at, text, type Fields } from "../../../../../policy/engine/read.ts";
import type { BuiltCluster, BuiltObject } from "../../../../gitops/flux/built.ts";
import { asKubeObject } from "../../../../lint/kube-object.ts";
import { clusterOf, indexOf } from "../../../clusters.ts";
import { fieldsIn } from "../../../objects.ts";
import type { StepContext } from "../../../step.ts";
import { controllerOf, controllerRelease } from "../controllers/classes.ts";
import { nginx } from "../controllers/nginx.ts";
import { valuesIn } from "./chart.ts";
import { INGRESS } from "./values.ts";

/** The only Ingress of a release that stays, which the chart would name without its identifier. */
export interface Renamed {
  readonly message: string;
  /** Whether the release could not be upgraded: its controller's webhook refuses what Helm creates before it deletes the one of the former name. */
  readonly isRefused: boolean;
}

/**
 * What the chart would rename if entries in `ingress` go without the others.
 * Sources: pkg/kube/client.go in helm/helm (update); checkOverlap in internal/ingress/controller/controller.go of kubernetes/ingress-nginx
 */
export function renamedIngress(
  forms: readonly BuiltObject[],
  gone: readonly string[],
  context: Pick<StepContext, "clusters">,
): Renamed | undefined {
  if (gone.length === 0) return undefined;
  const found = forms.flatMap((form) => renamesIn(form, gone, context));
  const [rename] = found;
  if (rename === undefined) return undefined;
  const { key, before, after, setting } = rename;
  const isRefused = found.some(({ hasWebhook }) => hasWebhook);
  const webhook = isRefused
    ? ", and ingress-nginx's webhook refuses the new one while the old one is there"
    : "";
  return {
    isRefused,
    message: `the chart renames the Ingress of ingress.${key}, which stays, from ${before} to ${after}, so Helm creates it again${webhook}: to keep its name, set ingress.${key}.${setting} first`,
  };
}

/** An Ingress that stays, and its names. */
interface Rename {
  readonly key: string;
  readonly before: string;
  readonly after: string;
  /** What keeps its name, as `key: value`. */
  readonly setting: string;
  readonly hasWebhook: boolean;
}

function renamesIn(
  form: BuiltObject,
  gone: readonly string[],
  { clusters }: Pick<StepContext, "clusters">,
): readonly Rename[] {
  const cluster = clusterOf(form, clusters);
  if (!cluster) return [];
  const release = asKubeObject(form.object);
  const all = enabled(fieldsIn(form.object, INGRESS));
  const left = all.filter(([key]) => !gone.includes(key));
  const nameAmong = (entries: readonly (readonly [string, Fields])[]): ReturnType<typeof namerOf> =>
    namerOf(release, indexOf(cluster), entries);
  const [before, after] = [nameAmong(all), nameAmong(left)];
  if (!before || !after) return [];
  return left.flatMap(([key, settings]) => {
    const [name, next] = [before(key, settings), after(key, settings)];
    // Version 4 takes the whole name, version 3 what follows the release's.
    const kept =
      after(key, { ...settings, forceRename: name }) === name
        ? `forceRename: ${name}`
        : `nameOverride: ${key}`;
    const hasWebhook = hasNginxWebhook(text(settings.className), cluster);
    return name === next ? [] : [{ key, before: name, after: next, setting: kept, hasWebhook }];
  });
}

/** Whether ingress-nginx serves a class with its webhook, which its chart installs by default. */
function hasNginxWebhook(ingressClass: string | undefined, cluster: BuiltCluster): boolean {
  if (controllerOf(ingressClass, cluster) !== nginx) return false;
  const release = controllerRelease(ingressClass, cluster);
  return !release || at(valuesIn(release, cluster), ["controller", "admissionWebhooks", "enabled"]) !== false;
}
