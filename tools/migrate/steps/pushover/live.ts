import { releaseNamespace } from "../route/reading/hosts.ts";
import type { WrittenObject } from "../../objects.ts";
import { NAME, type Keys, type Store } from "./objects.ts";
import type { PushoverOptions } from "./options.ts";

/** A release whose alerts get a route, and where the keys of that come from. */
export interface Routed {
  readonly release: WrittenObject;
  readonly keys: Keys;
  /** Undefined if the Secret exists. */
  readonly store?: Store;
}

/**
 * What to do on the live cluster before and after the commit, for the namespaces in which Alertmanager runs.
 * @param before further lines for before
 */
export function liveLines(
  routed: readonly Routed[],
  { item }: PushoverOptions,
  before: readonly string[],
): readonly string[] {
  const keys = routed.flatMap(({ release, keys: own, store }) =>
    namespacesOf(release).map((namespace) =>
      store
        ? `before: create the item ${item.key} in ${store.kind} ${store.name}, with the Pushover token as ${item.token} and the user key as ${item.userKey}`
        : `before: Secret ${namespace}/${own.name} must contain the Pushover token as ${own.token} and the user key as ${own.userKey}`,
    ),
  );
  const namespaces = [...new Set(routed.flatMap(({ release }) => namespacesOf(release)))];
  return [
    ...new Set(keys),
    ...namespaces.map(
      (namespace) =>
        `before: \`kubectl get alertmanagerconfig -n ${namespace}\`: a config there that an operator created, without a matcher for the label namespace, will get the alerts of all namespaces`,
    ),
    ...before,
    ...namespaces.map(
      (namespace) =>
        `after: \`kubectl get alertmanagerconfig ${NAME} -n ${namespace}\` finds it; send a test alert with severity critical, such as \`amtool alert add test severity=critical\`, and it must arrive on the phone`,
    ),
  ];
}

const namespacesOf = ({ forms }: WrittenObject): readonly string[] => [
  ...new Set(forms.map(({ object }) => releaseNamespace(object))),
];
