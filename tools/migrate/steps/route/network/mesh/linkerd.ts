import type { KubeObject } from "../../../../../../kube/objects.ts";
import type { ObjectIndex } from "../../../../../../policy/engine/object-index.ts";
import { at, fields, list, text, texts, type Fields } from "../../../../../../policy/engine/read.ts";
import { allOf, anyOf, isIn, selectorMatches, type Maybe, type Pods } from "../selectors.ts";
import { matchesPattern, runsAs, type MeshPolicy, type MeshRule } from "./policy.ts";

const GROUP = "policy.linkerd.io";
/** An identity, for example `web.apps.serviceaccount.identity.linkerd.cluster.local`. */
const SUFFIX = ".serviceaccount.identity.linkerd.";

/**
 * A Server, with the authorizations for it: what it selects is closed to everything else.
 * Source: https://linkerd.io/2/reference/authorization-policy/
 */
export function linkerdServer(
  server: KubeObject,
  index: ObjectIndex,
  describe: (object: KubeObject) => string,
): readonly MeshPolicy[] {
  const { podSelector, accessPolicy } = fields(server.spec);
  if (accessPolicy !== undefined && accessPolicy !== "deny") return [];
  const near = (kind: string): readonly KubeObject[] =>
    index
      .ofKind({ group: GROUP, kind })
      .filter(({ metadata: { namespace } }) => namespace === server.metadata.namespace);
  const authorized = near("AuthorizationPolicy")
    .filter(({ spec }) => targets(fields(fields(spec).targetRef), server))
    .map((one): MeshRule => {
      const { targetRef, requiredAuthenticationRefs } = fields(one.spec);
      const own = one.metadata.namespace ?? "default";
      return {
        policy: describe(one),
        isConditional: String(fields(targetRef).kind).endsWith("Route"),
        matches: (pods) =>
          allOf(
            list(requiredAuthenticationRefs).map((ref) => authenticates(fields(ref), own, { pods, index })),
          ),
      };
    });
  const older = near("ServerAuthorization")
    .filter(({ spec }) => namesServer(fields(at(spec, ["server"])), server))
    .map((one): MeshRule => ({
      policy: describe(one),
      isConditional: false,
      matches: (pods) =>
        isClient(fields(at(one.spec, ["client"])), pods, one.metadata.namespace ?? "default"),
    }));
  return [
    {
      name: describe(server),
      mesh: "Linkerd",
      effect: "allow",
      selects: ({ pods }) =>
        allOf([
          isIn(pods, server.metadata.namespace),
          podSelector === undefined ? false : selectorMatches(podSelector, pods),
        ]),
      rules: [...authorized, ...older],
    },
  ];
}

function targets({ kind, name }: Fields, { metadata }: KubeObject): boolean {
  if (kind === "Server") return name === metadata.name;
  return kind === "Namespace" ? name === metadata.namespace : true;
}

function namesServer({ name, selector }: Fields, { metadata }: KubeObject): boolean {
  if (name !== undefined) return name === metadata.name;
  const labels = new Map(Object.entries(metadata.labels ?? {}));
  const asPods = { namespace: metadata.namespace, labels, mayHave: /^$/ };
  return selectorMatches(selector, asPods) === true;
}

function authenticates(
  { kind, name, namespace }: Fields,
  own: string,
  { pods, index }: { readonly pods: Pods; readonly index: ObjectIndex },
): Maybe {
  const place = text(namespace) ?? own;
  if (kind === "ServiceAccount") return runsAs(pods, text(name) ?? "", place);
  // The addresses of pods are not known.
  if (kind === "NetworkAuthentication") return true;
  const spec = index.get({ group: GROUP, kind: "MeshTLSAuthentication" }, place, text(name) ?? "")?.spec;
  if (kind !== "MeshTLSAuthentication" || spec === undefined) return undefined;
  const { identities, identityRefs } = fields(spec);
  return anyOf([
    ...texts(identities).map((identity) => hasIdentity(identity, pods)),
    ...list(identityRefs)
      .map(fields)
      .map((ref) =>
        ref.kind === "Namespace"
          ? isIn(pods, text(ref.name) ?? place)
          : runsAs(pods, text(ref.name) ?? "", text(ref.namespace) ?? place),
      ),
  ]);
}

function isClient(client: Fields, pods: Pods, own: string): Maybe {
  const tls = fields(client.meshTLS);
  if (client.unauthenticated === true || tls.unauthenticatedTLS === true) return true;
  return anyOf([
    ...texts(tls.identities).map((identity) => hasIdentity(identity, pods)),
    ...list(tls.serviceAccounts)
      .map(fields)
      .map(({ name, namespace }) => runsAs(pods, text(name) ?? "", text(namespace) ?? own)),
  ]);
}

function hasIdentity(identity: string, pods: Pods): Maybe {
  const { namespace, account, entity } = pods;
  if (identity === "*") return entity === undefined;
  if (identity.startsWith("*")) {
    if (namespace === undefined) return undefined;
    const pattern = identity.split(SUFFIX)[0] ?? "";
    return matchesPattern(pattern, `${account ?? ""}.${namespace}`);
  }
  const [name = "", place = ""] = identity.split(".");
  return runsAs(pods, name, place);
}
