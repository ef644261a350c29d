import { at, type Fields } from "../../../../policy/engine/read.ts";
import type { BuiltCluster } from "../../../gitops/flux/built.ts";
import type { Mapping, PathStep } from "../../../gitops/yaml/values.ts";
import { YamlEdit } from "../../../gitops/edit/yaml-edit.ts";
import { asWritten, fieldAt, idOf, writtenObjects, type WrittenObject } from "../../objects.ts";
import { IN_ANOTHER_FILE, supply } from "../../supply.ts";
import { OPTIONS_FILE } from "../../options-file.ts";
import { isRelease } from "../oci/artifact.ts";
import { clusterOf } from "../../clusters.ts";
import { valuesIn } from "../route/release/chart.ts";
import { whyForbidden } from "./allowed.ts";
import { whyFixed } from "./fixed-ports.ts";
import { whyClosed } from "./pod-ports.ts";
import { whyWithoutRights } from "./rights.ts";
import { runbook } from "./runbook.ts";
import {
  isTraefik,
  optionsOf,
  selectorValueOf,
  wantedValues,
  type ReleaseOptions,
  whyOld,
} from "./values.ts";
import { notEditable } from "../../not-editable.ts";
import type { Note, Plan, Step, StepContext } from "../../step.ts";

const VALUES: readonly PathStep[] = ["spec", "values"];

/** Turns on Traefik's Gateway API provider in the values of its HelmReleases. */
export const gatewayProvider: Step = {
  id: "gateway-provider",
  title: "Turn on Traefik's Gateway API provider",
  risk: { level: "medium", phrase: "Traefik restarts" },
  live: [
    "before: `kubectl api-resources --api-group=gateway.networking.k8s.io` must list what the provider of the release's Traefik watches: gatewayclasses, gateways and httproutes in v1 and referencegrants in v1beta1; Traefik 3.2 and later also grpcroutes, 3.6 and later backendtlspolicies, and 3.7 and later tlsroutes, each in v1. If one is missing, the provider serves no route",
    "after: `kubectl get gatewayclass,gateway -A` must show every class accepted and every Gateway programmed; Ingresses work as before",
  ],
  plan,
  whyForbidden,
  // The change of the values is exact, and its purpose is that the chart installs something else.
  whyRenderedForbidden: () => undefined,
};

function plan(context: StepContext): Plan {
  const texts = new Map<string, string>();
  const releases = writtenObjects(context, isRelease).filter(({ forms: [form] }) =>
    isTraefik(form?.object, context),
  );
  const notes: Note[] = [...unknownReleases(releases, context)];
  for (const release of releases) {
    if (!context.selected(release.file)) continue;
    const planned = planRelease(release, texts.get(release.file) ?? release.text, context);
    notes.push(...planned.notes);
    if (planned.text !== undefined) texts.set(release.file, planned.text);
  }
  return { changes: [...texts].map(([path, text]) => ({ path, text })), notes };
}

/** The releases in the options that are none of Traefik's. */
function unknownReleases(releases: readonly WrittenObject[], { options }: StepContext): readonly Note[] {
  const known = new Set(releases.flatMap(({ forms }) => forms.map(({ object }) => idOf(object))));
  return Object.keys(options["gateway-provider"].releases)
    .filter((name) => !known.has(name))
    .map((name) => ({
      kind: "left",
      message: `gateway-provider.releases: no HelmRelease ${name} of chart traefik is in this repository: correct its namespace or name`,
      position: { file: OPTIONS_FILE, line: 1, column: 1 },
    }));
}

function planRelease(
  release: WrittenObject,
  text: string,
  context: StepContext,
): { notes: readonly Note[]; text: string | undefined } {
  const { position } = release;
  const stays = (kind: "left" | "refused", message: string): { notes: readonly Note[]; text: undefined } => ({
    notes: [{ kind, message: `unchanged: ${message}`, position }],
    text: undefined,
  });
  const [option, ...others] = new Set(release.forms.map(({ object }) => optionsOf(object, context)));
  if (others.length > 0) return stays("refused", "the options differ between the clusters that share it");
  if (!option) {
    const [name] = release.forms.map(({ object }) => idOf(object));
    return stays(
      "left",
      `it is not known which Gateway it serves. Add \`gateway-provider: { releases: { ${name ?? ""}: { labelSelector: …, ports: { web: …, websecure: … } } } }\` to ${OPTIONS_FILE}`,
    );
  }
  const selectorValues = new Set(release.forms.map(({ object }) => selectorValueOf(object, context)));
  const [selectorValue] = selectorValues;
  if (selectorValues.size > 1 || selectorValue === undefined)
    return stays(
      "refused",
      "its chart version is not pinned, so it is not known whether the key is `labelselector` or, from chart 38.0.0 on, `labelSelector`. Pin the version first",
    );
  const reason = whyNot(release, option, context);
  if (reason !== undefined) return stays("refused", reason);
  const written = asWritten(release, context.repository);
  const edit = new YamlEdit(text);
  const document = new YamlEdit(release.text).documentAt(release.origin.offset);
  const values = fieldAt(written, VALUES);
  const wanted = wantedValues(option, selectorValue, values);
  if (!supply({ edit, document, path: VALUES }, values, wanted, "providers"))
    return stays("refused", notEditable(edit, release.file, IN_ANOTHER_FILE));
  const now = edit.text();
  return { notes: now === text ? [] : runbook(written, option, position, context), text: now };
}

/** Why a release cannot serve its Gateway in every cluster that receives it. */
function whyNot({ forms }: WrittenObject, option: ReleaseOptions, context: StepContext): string | undefined {
  const received = forms.flatMap((form) => {
    const cluster = clusterOf(form, context.clusters);
    return cluster ? [{ release: form.object, cluster }] : [];
  });
  const reasons = [
    ...received.map(({ release, cluster }) => whyOld(release, cluster, context)),
    ...received.map(({ release, cluster }) => whyRival(release, option, cluster, context)),
    ...received.map(({ release, cluster }) => whyClosed(release, option, cluster, context)),
    ...received.map(({ release, cluster }) => whyFixed(release, option, cluster, context)),
    ...received.map(({ release, cluster }) => whyOwnGateway(valuesIn(release, cluster))),
    ...received.map(({ release, cluster }) => whyWithoutRights(release, cluster)),
  ];
  return reasons.find((reason) => reason !== undefined);
}

/** Why the chart must not keep its own Gateway: it renders one by default, once its provider is on. */
function whyOwnGateway(values: Fields): string | undefined {
  const isOn = at(values, ["providers", "kubernetesGateway", "enabled"]) === true;
  return isOn && at(values, ["gateway", "enabled"]) !== false
    ? "its chart already renders a Gateway, which this step would delete. Move its routes and set gateway.enabled to false first"
    : undefined;
}

/** Why a release cannot serve a GatewayClass: another Traefik in the same cluster does. */
function whyRival(
  release: Mapping,
  { labelSelector }: ReleaseOptions,
  cluster: BuiltCluster,
  context: StepContext,
): string | undefined {
  const rival = cluster.objects.find(
    ({ object }) =>
      object !== release &&
      isTraefik(object, context) &&
      optionsOf(object, context)?.labelSelector === labelSelector,
  );
  return (
    rival &&
    `${idOf(rival.object)} has the same label selector, so both would serve the same GatewayClass on different addresses`
  );
}
