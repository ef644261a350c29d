import type { BuiltCluster } from "../../../gitops/flux/built.ts";
import { OPTIONS_FILE } from "../../options-file.ts";
import { whyNoItem } from "./item.ts";
import { NAME, type Keys, type Store } from "./objects.ts";
import type { PushoverOptions } from "./options.ts";
import { storeOf } from "./stack.ts";

/** The keys for a cluster, and the store that they come from unless their Secret exists; a reason if there are none. */
export function keysOf(
  cluster: BuiltCluster,
  options: PushoverOptions,
): { readonly keys: Keys; readonly store?: Store } | string {
  if (options.secret) return { keys: options.secret };
  const store = storeOf(cluster);
  if (store)
    return (
      whyNoItem(cluster, store, options) ?? {
        keys: { name: NAME, token: "token", userKey: "userKey" },
        store,
      }
    );
  return `the repository uses no ClusterSecretStore for the keys: create a Secret in Alertmanager's namespace with the fields \`token\` and \`userKey\`, encrypt it with SOPS, then add \`pushover: { secret: { name: … } }\` to ${OPTIONS_FILE}`;
}
