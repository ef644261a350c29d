import { MIDDLEWARE } from "../../../../../policy/objects/kinds.ts";
import type { BuiltCluster } from "../../../../gitops/flux/built.ts";
import { scalarText } from "../../../../gitops/kustomize/resource.ts";
import { mappingsIn } from "../../../../gitops/yaml/values.ts";
import { fieldAt, objectNamed } from "../../../objects.ts";
import { isFilter } from "../routes/filters.ts";
import type { Moving } from "../gateway/parents.ts";

/** Whether Middlewares of an Ingress redirect every plain HTTP request to a host to HTTPS, so that its app answers none. */
export function isRedirectedByMiddleware(
  { reading, cluster, namespace, hosts }: Moving,
  host: string,
): boolean {
  // The hosts of a release are written as templates, and those of one entry have the same Middlewares.
  const own = reading.served.filter((served) => served.host === host || !hosts.includes(served.host));
  return (
    own.length > 0 &&
    own.every(({ middlewares }) =>
      middlewares.some((name) => !isFilter(name) && redirects({ namespace, name }, cluster)),
    )
  );
}

/**
 * Whether a Middleware, or one in its chain, redirects plain HTTP to HTTPS, whatever the path.
 * Sources: pkg/middlewares/redirect/redirect_scheme.go and redirect_regex.go of github.com/traefik/traefik
 * @param visited the chains that lead to it
 */
export function redirects(
  { namespace, name }: { readonly namespace: string; readonly name: string },
  cluster: BuiltCluster | undefined,
  visited: ReadonlySet<string> = new Set(),
): boolean {
  const id = `${namespace}/${name}`;
  const found = cluster && objectNamed([cluster], MIDDLEWARE, { namespace, name });
  if (!found || visited.has(id)) return false;
  const spec = fieldAt(found.object, ["spec"]);
  const [regex, replacement] = ["regex", "replacement"].map((key) =>
    scalarText(fieldAt(spec, ["redirectRegex", key])),
  );
  return (
    fieldAt(spec, ["redirectScheme", "scheme"]) === "https" ||
    (EVERY_URL.test(regex ?? "") && SAME_URL.test(replacement ?? "")) ||
    mappingsIn(fieldAt(spec, ["chain", "middlewares"])).some((entry) =>
      redirects(
        { namespace: scalarText(entry.namespace) || namespace, name: scalarText(entry.name) },
        cluster,
        new Set([...visited, id]),
      ),
    )
  );
}

/** A regular expression for every URL of plain HTTP, as usually written: `^http://(.*)`. */
const EVERY_URL = /^\^?http:\\?\/\\?\/\(\.[*+]\)\$?$/;
const SAME_URL = /^https:\/\/\$(?:1|\{1\})$/;
