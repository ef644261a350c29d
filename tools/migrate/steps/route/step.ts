import { scalarText } from "../../../gitops/kustomize/resource.ts";
import { locate } from "../../../gitops/yaml/source.ts";
import { isMapping } from "../../../gitops/yaml/values.ts";
import { isRelease } from "../oci/artifact.ts";
import { isKind, writtenObjects, type WrittenObject } from "../../objects.ts";
import { targetConflicts } from "./cutover.ts";
import { splitHosts } from "./hosts.ts";
import { isIngress, objectOutcome } from "./object.ts";
import type { DnsRecord } from "./outcome.ts";
import { whyForbidden } from "./allowed.ts";
import { releaseOutcome } from "./release.ts";
import type { FileChange, Note, Plan, Step, StepContext } from "../../step.ts";

/** From Ingresses, in the values of app-template and by themselves, and IngressRoutes to HTTPRoutes. */
export const route: Step = {
  id: "route",
  title: "Ingresses as HTTPRoutes",
  risk: "high",
  live: [
    "before: kubectl get crd httproutes.gateway.networking.k8s.io: without it Flux applies nothing of a Kustomization with a route",
    "before: kubectl get gateway -A: each is programmed, with a listener and a certificate for every host of the cutover list",
    "after: kubectl get httproute -A: each is accepted, its references resolved; then ask every host of the cutover list",
    'after: where gatus-sidecar runs with --auto-httproute, a route that comes is watched at once and has to answer 200, without a login: what does not needs an endpoint annotation, or enabled: "false"',
  ],
  plan,
  whyForbidden,
};

function plan(context: StepContext): Plan {
  const changes: FileChange[] = [];
  const notes: Note[] = [];
  const records: DnsRecord[] = [];
  const written = writtenObjects(context.clusters, (object) => isRelease(object) || isIngress(object));
  for (const [path, objects] of Map.groupBy(written, ({ file }) => file)) {
    if (!context.selected(path)) continue;
    const file = rewritten(objects, context);
    notes.push(...file.notes);
    records.push(...file.records);
    changes.push({ path, text: file.text });
  }
  const split = context.options.route.keepIngress ? [] : splitHosts(records, context.clusters);
  const others = [...otherProtocols(context), ...unread(written, context)];
  return { changes, notes: [...notes, ...targetConflicts(records), ...split, ...others] };
}

/** A file with its objects moved, the last one first: so the documents before it keep their places. */
function rewritten(
  objects: readonly WrittenObject[],
  context: StepContext,
): { readonly text: string; readonly notes: readonly Note[]; readonly records: readonly DnsRecord[] } {
  let text = objects[0]?.text ?? "";
  const notes: (readonly Note[])[] = [];
  const records: DnsRecord[] = [];
  for (const object of objects.toSorted((a, b) => b.origin.offset - a.origin.offset)) {
    const outcome = isRelease(object.forms[0]?.object ?? {})
      ? releaseOutcome(object, context)
      : objectOutcome(object, context);
    const change = outcome.edit?.(text, object.origin.offset);
    if (outcome.edit && !change) {
      const message =
        "its text does not let it be changed: an anchor that is used elsewhere, a flow mapping, or the only document of its file";
      notes.unshift([{ kind: "left", message, position: object.position }]);
      continue;
    }
    notes.unshift([...outcome.notes, ...(change?.notes ?? [])]);
    records.unshift(...(outcome.records ?? []));
    text = change?.text ?? text;
  }
  return { text, notes: notes.flat(), records };
}

/** What Traefik serves by other objects, for which this step has no route. */
function otherProtocols({ clusters, selected }: StepContext): readonly Note[] {
  return writtenObjects(clusters, (object) =>
    ["IngressRouteTCP", "IngressRouteUDP"].some((kind) => isKind(object, "traefik.io", kind)),
  )
    .filter(({ file }) => selected(file))
    .map(({ forms: [form], position }) => ({
      kind: "left",
      message: `${scalarText(form?.object.kind)} stays: no routes of TCP, UDP or TLS are written here`,
      position,
    }));
}

/** Ingresses in files that no cluster gets. */
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
      message: "no Kustomization that could be built reads this Ingress",
      position: locate(origin),
    }));
}
