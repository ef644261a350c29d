import { at, fields, list, text, texts, type Fields } from "../../../../../policy/engine/read.ts";
import { INGRESS } from "../../../../../policy/objects/kinds.ts";
import type { KubeObject } from "../../../../../kube/objects.ts";
import type { BuiltCluster, BuiltObject } from "../../../../gitops/flux/built.ts";
import { locate } from "../../../../gitops/yaml/source.ts";
import { asKubeObject } from "../../../../lint/kube-object.ts";
import { indexOf } from "../../../clusters.ts";
import { isKind } from "../../../objects.ts";
import type { Note, StepContext } from "../../../step.ts";
import { defaultClassOf } from "../controllers/default-class.ts";
import { staysAtController } from "../gateway/doors.ts";
import { classesThatMove, type DnsRecord } from "../outcome.ts";

const ISSUERS = ["Issuer", "ClusterIssuer"].map((kind) => ({ group: "cert-manager.io", kind }));

/**
 * Issuers of cert-manager that prove hosts by HTTP-01 through an Ingress of a class that moves: the challenge comes to the address in DNS, where the
 * controller of that Ingress no longer is. One line for each Issuer.
 * Source: https://cert-manager.io/docs/configuration/acme/http01/
 */
export function acmeSolvers(records: readonly DnsRecord[], context: StepContext): readonly Note[] {
  return context.clusters.flatMap((cluster) => {
    const own = records.filter((record) => record.cluster === cluster.name);
    const leaving = classesThatMove(own, cluster).filter(
      (name) => !staysAtController(name, cluster, context),
    );
    const issuers = leaving.length === 0 ? [] : cluster.objects.filter(isIssuer);
    return issuers.flatMap((issuer) => linesOf(issuer, own, { cluster, context, leaving }));
  });
}

/** Where an Issuer is. */
interface Place {
  readonly cluster: BuiltCluster;
  readonly context: StepContext;
  /** The classes whose hosts go to another controller. */
  readonly leaving: readonly string[];
}

const isIssuer = ({ object }: BuiltObject): boolean => ISSUERS.some((kind) => isKind(object, kind));

function linesOf(
  { object, origin }: BuiltObject,
  records: readonly DnsRecord[],
  place: Place,
): readonly Note[] {
  const issuer = asKubeObject(object);
  const solvers = list(at(issuer, ["spec", "acme", "solvers"])).map(fields);
  // A challenge comes to the solver's class, whatever class the host has.
  const affected = records.flatMap((record) =>
    solversFor(record.host, solvers)
      .flatMap((solver) => classesOf(solver, record, issuer, place))
      .filter((name) => place.leaving.includes(name))
      .map((ingressClass) => ({ host: record.host, ingressClass })),
  );
  if (affected.length === 0) return [];
  const unique = (values: readonly string[]): string => [...new Set(values)].join(", ");
  const either = (values: readonly string[]): string => [...new Set(values)].join(" or ");
  const { namespace, name } = issuer.metadata;
  const who = namespace === undefined || issuer.kind === "ClusterIssuer" ? name : `${namespace}/${name}`;
  const classes = either(affected.map(({ ingressClass }) => ingressClass));
  const gateways = either(
    affected.flatMap(({ ingressClass }) => {
      const option = place.context.options.route.gateways[ingressClass];
      return option ? [`${option.namespace}/${option.name}`] : [];
    }),
  );
  const hosts = unique(affected.map(({ host }) => host));
  const message = `${issuer.kind} ${who} proves hosts by HTTP-01 through an Ingress of class ${classes} (spec.acme.solvers[].http01.ingress); once DNS points to Gateway ${gateways}, challenges do not reach it, and the certificates of these hosts that it issues (some may have another issuer) are not renewed: ${hosts}. Before that, add a solver with http01.gatewayHTTPRoute.parentRefs that names the Gateway and selector.dnsNames with these hosts; cert-manager needs its support for the Gateway API enabled, and the Gateway a listener for plain HTTP on port 80 that admits routes from the namespaces of the Certificates`;
  return [{ kind: "cutover", message, position: locate(origin) }];
}

/**
 * The solvers that cert-manager may take for a host: the most specific one, and each that also selects by labels, which Certificates may have.
 * Source: https://cert-manager.io/docs/configuration/acme/#adding-multiple-solver-types
 */
function solversFor(host: string, solvers: readonly Fields[]): readonly Fields[] {
  const labelled = solvers.filter((solver) => hasLabels(solver) && specificity(solver, host) >= 0);
  const others = solvers.filter((solver) => !hasLabels(solver) && specificity(solver, host) >= 0);
  const best = Math.max(...others.map((solver) => specificity(solver, host)));
  return [...labelled, ...others.filter((solver) => specificity(solver, host) === best).slice(0, 1)];
}

const hasLabels = ({ selector }: Fields): boolean =>
  Object.keys(fields(fields(selector).matchLabels)).length > 0;

/** How closely a solver's selector names a host; negative if it does not. */
function specificity({ selector }: Fields, host: string): number {
  const names = texts(fields(selector).dnsNames);
  const zones = texts(fields(selector).dnsZones);
  if (names.length === 0 && zones.length === 0) return 0;
  if (names.includes(host)) return Number.MAX_SAFE_INTEGER;
  const around = zones.filter((zone) => host === zone || host.endsWith(`.${zone}`));
  return Math.max(-1, ...around.map(({ length }) => length));
}

/** The classes of the Ingresses through which a solver proves a host. */
function classesOf(
  { http01 }: Fields,
  { ingressClass }: DnsRecord,
  issuer: KubeObject,
  { cluster, context }: Place,
): readonly string[] {
  const solver = fields(http01).ingress;
  if (solver === undefined) return [];
  const { ingressClassName, class: annotated, name, ingressTemplate } = fields(solver);
  // The template's annotations replace those that cert-manager sets, and controllers prefer the annotation.
  const named = classIn(at(ingressTemplate, ["metadata"])) ?? text(ingressClassName) ?? text(annotated);
  // Without a class, cert-manager sets none on its Ingress, and every controller that takes such Ingresses serves it.
  const standard = defaultClassOf(cluster, context.options.route) ?? ingressClass;
  if (text(name) === undefined) return [named ?? standard];
  const { namespace } = issuer.metadata;
  return indexOf(cluster)
    .ofKind(INGRESS)
    .filter(({ metadata }) => metadata.name === name)
    .filter(({ metadata }) => issuer.kind === "ClusterIssuer" || metadata.namespace === namespace)
    .map((ingress) => classOf(ingress) ?? standard);
}

const classOf = ({ metadata, spec }: KubeObject): string | undefined =>
  classIn(metadata) ?? text(fields(spec).ingressClassName);

const classIn = (metadata: unknown): string | undefined =>
  text(at(metadata, ["annotations", "kubernetes.io/ingress.class"]));
