import { posix } from "node:path";
import { CLUSTERS_FILE } from "../../../gitops/flux/owner-clusters.ts";
import { patchFilesIn } from "../../../gitops/kustomize/included-files.ts";
import { scalarText } from "../../../gitops/kustomize/resource.ts";
import { locate } from "../../../gitops/yaml/source.ts";
import type { Repository } from "../../../gitops/yaml/repository.ts";
import { isMapping } from "../../../gitops/yaml/values.ts";
import { isRelease } from "../oci/artifact.ts";
import { overlayWith } from "../../overlays.ts";
import { embeddedObjects, isKind, writtenObjects, type WrittenObject } from "../../objects.ts";
import { OLD_TRAEFIK_GROUP, TRAEFIK_GROUP } from "./controllers/traefik.ts";
import { readersOfIngresses } from "./ingress-readers.ts";
import { unseenControllers } from "./controllers/unseen.ts";
import { dnsPreparations, targetConflicts } from "./dns/dns.ts";
import { heldRecords } from "./dns/held-records.ts";
import { blindAttachments, unseenGateways } from "./gateway/gateway.ts";
import { gatewayPolicies } from "./gateway/policies.ts";
import { unseenPlainLines } from "./plain/losses.ts";
import { dependentLines } from "./gateway/sure-parents.ts";
import { splitHosts } from "./meetings/whole-hosts.ts";
import { passedPortLines, tcpLines } from "./meetings/tcp-routes.ts";
import { isIngress } from "./reading/kinds.ts";
import { rewrittenFiles } from "./text/rewritten-files.ts";
import { fixedAddresses } from "./network/fixed-addresses.ts";
import { senders } from "./network/senders.ts";
import { waysIn } from "./network/ways-in.ts";
import { acmeSolvers } from "./dns/solvers.ts";
import { whyForbidden } from "./check/allowed.ts";
import { whyRenderedForbidden } from "./check/rendered.ts";
import { yamlFilesIn } from "../../../gitops/yaml/yaml-files.ts";
import type { Note, Plan, Step, StepContext } from "../../step.ts";

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
  const written = writtenObjects(context, (object) => isRelease(object) || isIngress(object));
  const files = rewrittenFiles(written, context);
  const records = files.flatMap((file) => file.records);
  const { keepIngress } = context.options.route;
  const split = keepIngress
    ? []
    : [
        ...splitHosts(records, context.clusters),
        ...tcpLines(records, context),
        ...passedPortLines(records, context),
        ...waysIn(records, context),
        ...senders(records, context),
        ...fixedAddresses(records, context),
        ...heldRecords(records, context),
      ];
  const unseen = records.length === 0 ? [] : unseenGateways(context.options.route, context.clusters);
  const others = [
    ...[
      ...unseen,
      ...blindAttachments(records),
      ...unseenPlainLines(records),
      ...dependentLines(records),
    ].map((message): Note => ({ kind: "cutover", message })),
    ...embeddedObjects(context, isIngress),
    ...otherProtocols(context),
    ...unread(written, context),
    ...(records.length > 0 && !keepIngress ? readersOfIngresses(context.repository) : []),
  ];
  return {
    changes: files.map(({ path, text }) => ({ path, text })),
    notes: [
      ...files.flatMap(({ notes }) => notes),
      ...unseenControllers(records, context),
      ...dnsPreparations(records),
      ...targetConflicts(records),
      ...gatewayPolicies(records, context),
      ...acmeSolvers(records, context),
      ...split,
      ...others,
    ],
  };
}

/** Traefik objects that this step does not convert. */
function otherProtocols({ selected, ...context }: StepContext): readonly Note[] {
  return writtenObjects(context, (object) =>
    ["IngressRouteTCP", "IngressRouteUDP"].some((kind) => isKind(object, { group: TRAEFIK_GROUP, kind })),
  )
    .filter(({ file }) => selected(file))
    .map(({ forms: [form], position }) => ({
      kind: "left",
      message: `${scalarText(form?.object.kind)} is left unchanged: this step does not write TCP, UDP or TLS routes`,
      position,
    }));
}

/** Ingresses in files that no cluster receives, and those of an API group that Traefik no longer reads. */
function unread(
  written: readonly WrittenObject[],
  { repository, selected, clusters }: StepContext,
): readonly Note[] {
  const read = new Set(written.map(({ file, origin }) => `${file}:${origin.offset}`));
  const patches = patchFilesIn(repository);
  return yamlFilesIn(repository)
    .filter(selected)
    .flatMap((file) => repository.parse(file).documents)
    .flatMap(({ value, origin }): readonly Note[] => {
      const { file } = origin.source;
      if (!isMapping(value) || read.has(`${file}:${origin.offset}`)) return [];
      const note = (message: string): readonly Note[] => [
        { kind: "left", message: `unchanged: ${message}`, position: locate(origin) },
      ];
      if (isKind(value, { group: OLD_TRAEFIK_GROUP, kind: "IngressRoute" }))
        return note(
          "this step reads IngressRoutes of traefik.io only, and so does Traefik from version 3 on",
        );
      if (!isIngress(value)) return [];
      return note(
        patches.has(file)
          ? "it is a patch, and this step replaces only whole Ingresses"
          : whyUnread(file, repository, clusters),
      );
    });
}

function whyUnread(file: string, repository: Repository, clusters: StepContext["clusters"]): string {
  const overlay = overlayWith(file, repository, clusters);
  return overlay === undefined
    ? "no Kustomization that can be built includes this Ingress"
    : `no Flux Kustomization applies this Ingress; overlay ${overlay} includes it: if you apply that by hand, name it in ${CLUSTERS_FILE}, for example \`clusters: { ${posix.basename(overlay)}: ${overlay} }\``;
}
