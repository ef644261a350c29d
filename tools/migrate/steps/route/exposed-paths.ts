import type { StepContext } from "../../step.ts";
import { controllerOf } from "./controllers/classes.ts";
import { isFilter } from "./filters.ts";
import { rendered } from "./hosts.ts";
import type { MovingForm } from "./parents.ts";
import { comparedPrefixes } from "./paths.ts";
import { readingsOf } from "./readings.ts";
import { pathOf, type Served } from "./served.ts";

/**
 * Why prefixes cannot move although they would match other paths only slightly: a rule with other Middlewares, such as a login, answers these
 * paths today, or would not afterwards.
 */
export function whyExposed(
  { form, reading, cluster }: MovingForm,
  { options }: Pick<StepContext, "options">,
): readonly string[] {
  if (!cluster) return [];
  const compared = comparedPrefixes(reading.prefixes, controllerOf(reading.ingressClass, cluster));
  if (compared.length === 0) return [];
  const all = readingsOf(options.route)(cluster).flatMap((one) => one.reading.served);
  return reading.served.flatMap((served) => {
    const [type, value] = pathOf(served);
    if (type !== "PathPrefix" || !compared.includes(value)) return [];
    const host = rendered(served.host, form.object);
    return exposedBy(
      served,
      value,
      all.filter((other) => other.host === host),
    );
  });
}

function exposedBy(served: Served, value: string, others: readonly Served[]): readonly string[] {
  const isWider = value.endsWith("/");
  const probe = isWider ? value.slice(0, -1) : `${value}x`;
  const names = others
    .filter((other) => matches(other, probe))
    .map((other) => (isWider ? missing(served, other) : missing(other, served)))
    .find((found) => found.length > 0);
  if (names === undefined) return [];
  return [
    `path ${value} would ${isWider ? "also" : "no longer"} match ${probe}, which then would not go through Middleware ${names.join(", ")}: a route compares path segments, so give both rules the same Middlewares or, in an IngressRoute, match PathRegexp(\`^${value}\`)`,
  ];
}

/** The Middlewares of a rule that another one lacks. */
const missing = (other: Served, { middlewares }: Served): readonly string[] =>
  middlewares.filter((name) => !isFilter(name) && !other.middlewares.includes(name));

/** Whether a rule may match a path today. */
function matches(served: Served, path: string): boolean {
  const [type, value] = pathOf(served);
  return type === "RegularExpression" || (type === "Exact" ? path === value : path.startsWith(value));
}
