import { commaList } from "../../../../../lib/comma-list.ts";
import { configFate, overriding } from "./nginx-config.ts";
import { sizeOf } from "./nginx-sizes.ts";
import { contains, rangeOf, type Range } from "./nginx-deny-list.ts";

/**
 * Why an Ingress stays that replaces a protection of its class by a weaker one, although its Gateway does the same for every route: what a route demands comes
 * on top of that.
 * Source: https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/#whitelist-source-range
 */
export function liftedSettings(
  settings: ReadonlyMap<string, string>,
  annotations: ReadonlyMap<string, string>,
  provides: readonly string[],
): readonly string[] {
  return [...settings]
    .filter(([name, value]) => provides.includes(name) && configFate(name, value).fate === "refused")
    .flatMap(([name, value]) => {
      const own = overriding(annotations, name);
      return own === undefined || isAtLeast(name, own, value)
        ? []
        : [
            `its Gateway does what ${name} does for every Ingress of the class (${value}), as provides says, and this Ingress replaces that by ${own}, which its route cannot: what a route demands comes on top`,
          ];
    });
}

/** Whether an Ingress's own value forbids all that a setting forbids. */
function isAtLeast(name: string, own: string, value: string): boolean {
  if (own === value.trim()) return true;
  switch (name) {
    case "whitelist-source-range":
      return isWithin(rangesIn(own), rangesIn(value));
    case "denylist-source-range":
      return isWithin(rangesIn(value), rangesIn(own));
    case "proxy-body-size":
      // 0 means that there is no limit.
      return isLimit(sizeOf(own), sizeOf(value.trim()));
    default:
      return false;
  }
}

const rangesIn = (list: string): readonly (Range | undefined)[] => commaList(list).map(rangeOf);

const isWithin = (inner: readonly (Range | undefined)[], outer: readonly (Range | undefined)[]): boolean =>
  inner.every((one) => one && outer.some((other) => other && contains(other, one)));

const isLimit = (own: number | undefined, most: number | undefined): boolean =>
  own !== undefined && own > 0 && most !== undefined && own <= most;
