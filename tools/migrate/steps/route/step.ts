import { scalarText } from "../../../gitops/kustomize/resource.ts";
import { locate } from "../../../gitops/yaml/source.ts";
import { isMapping } from "../../../gitops/yaml/values.ts";
import { clusterOf } from "../../clusters.ts";
import { lossNotes, lossRefusal } from "../../losses.ts";
import { isRelease } from "../oci/artifact.ts";
import { embeddedObjects, isKind, writtenObjects, type WrittenObject } from "../../objects.ts";
import { dnsPreparations, targetConflicts } from "./dns.ts";
import { unseenGateways } from "./gateway.ts";
import { splitHosts } from "./hosts.ts";
import { isIngress, objectOutcome } from "./object.ts";
import { reorderedSources } from "./order.ts";
import type { DnsRecord } from "./outcome.ts";
import { senders } from "./senders.ts";
import { whyForbidden } from "./allowed.ts";
import { whyRenderedForbidden } from "./rendered.ts";
import { releaseOutcome } from "./release.ts";
import type { FileChange, Note, Plan, Step, StepContext } from "../../step.ts";

/** Replaces IngressRoutes and Ingresses, in manifests and in app-template values, with HTTPRoutes. */
export const route: Step = {
  id: "route",
  title: "Replace Ingresses with HTTPRoutes",
  risk: { level: "high", phrase: "requests, DNS and certificates move to the Gateway" },
  live: [
    "before: the HTTPRoute CRD must be installed (kubectl get crd httproutes.gateway.networking.k8s.io); without it, Flux cannot apply a Kustomization that contains an HTTPRoute",
    "before: `kubectl get gateway -A` must show every Gateway programmed, with a listener and a certificate for every host on the cutover list",
    "after: `kubectl get httproute -A` must show every route accepted; then send a request to every host on the cutover list",
    'after: where gatus-sidecar runs with --auto-httproute, it starts monitoring a new route at once and expects a 200 without a login; give any route that does not return one an endpoint annotation, or set enabled: "false"',
  ],
  plan,
  whyForbidden,
  whyRenderedForbidden,
};

function plan(context: StepContext): Plan {
  const changes: FileChange[] = [];
  const notes: Note[] = [];
  const records: DnsRecord[] = [];
  const written = writtenObjects(context, (object) => isRelease(object) || isIngress(object));
  for (const [path, objects] of Map.groupBy(written, ({ file }) => file)) {
    if (!context.selected(path)) continue;
    const file = rewritten(objects, context);
    notes.push(...file.notes);
    records.push(...file.records);
    changes.push({ path, text: file.text });
  }
  const { keepIngress } = context.options.route;
  const split = keepIngress ? [] : [...splitHosts(records, context.clusters), ...senders(records, context)];
  const unseen = records.length === 0 ? [] : unseenGateways(context.options.route, context.clusters);
  const others = [
    ...unseen.map((message): Note => ({ kind: "cutover", message })),
    ...embeddedObjects(context, isIngress),
    ...otherProtocols(context),
    ...unread(written, context),
  ];
  return {
    changes,
    notes: [...notes, ...dnsPreparations(records), ...targetConflicts(records), ...split, ...others],
  };
}

/** Rewrites the objects in a file, the last one first, so that the earlier documents keep their offsets. */
function rewritten(
  objects: readonly WrittenObject[],
  context: StepContext,
): { readonly text: string; readonly notes: readonly Note[]; readonly records: readonly DnsRecord[] } {
  let text = objects[0]?.text ?? "";
  const notes: (readonly Note[])[] = [];
  const records: DnsRecord[] = [];
  for (const object of objects.toSorted((a, b) => b.origin.offset - a.origin.offset)) {
    const order = reorderedIn(object, context);
    const outcome = isRelease(object.forms[0]?.object ?? {})
      ? releaseOutcome(object, context, order)
      : objectOutcome(object, context, order);
    const change = outcome.edit?.(text, object.origin.offset);
    if (outcome.edit && !change) {
      const message =
        "unchanged: it is written in a form that cannot be edited safely (a shared anchor, a flow mapping, or the only document in its file)";
      notes.unshift([{ kind: "refused", message, position: object.position }]);
      continue;
    }
    const losses = change?.losses ?? [];
    const refusal = lossRefusal(losses, context, object.position);
    if (refusal) {
      notes.unshift([refusal]);
      continue;
    }
    notes.unshift([...outcome.notes, ...lossNotes(losses, object.position)]);
    records.unshift(...(outcome.records ?? []));
    text = change?.text ?? text;
  }
  return { text, notes: notes.flat(), records };
}

/** Why each Ingress in an object cannot become a route without changing the order of rules, by its source. */
function reorderedIn({ forms }: WrittenObject, { clusters }: StepContext): ReadonlyMap<string, string> {
  return new Map(
    forms.flatMap((form) => {
      const cluster = clusterOf(form, clusters);
      return cluster ? [...reorderedSources(cluster)] : [];
    }),
  );
}

/** Traefik objects that this step does not convert. */
function otherProtocols({ selected, ...context }: StepContext): readonly Note[] {
  return writtenObjects(context, (object) =>
    ["IngressRouteTCP", "IngressRouteUDP"].some((kind) => isKind(object, "traefik.io", kind)),
  )
    .filter(({ file }) => selected(file))
    .map(({ forms: [form], position }) => ({
      kind: "left",
      message: `${scalarText(form?.object.kind)} is left unchanged: this step does not write TCP, UDP or TLS routes`,
      position,
    }));
}

/** Ingresses in files that no cluster receives. */
function unread(written: readonly WrittenObject[], { repository, selected }: StepContext): readonly Note[] {
  const read = new Set(written.map(({ file, origin }) => `${file}:${origin.offset}`));
  return repository
    .yamlFiles(".")
    .filter(selected)
    .flatMap((file) => repository.parse(file).documents)
    .filter(
      ({ value, origin }) =>
        isMapping(value) && isIngress(value) && !read.has(`${origin.source.file}:${origin.offset}`),
    )
    .map(({ origin }) => ({
      kind: "left",
      message: "unchanged: no Kustomization that can be built includes this Ingress",
      position: locate(origin),
    }));
}
