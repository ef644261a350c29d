import { at, fields, list, text } from "../../../../policy/engine/read.ts";
import type { BuiltCluster } from "../../../gitops/flux/built.ts";
import { asKubeObject } from "../../../lint/kube-object.ts";
import { isKind, nameOf } from "../../objects.ts";
import { OPTIONS_FILE } from "../../options-file.ts";
import type { Store } from "./objects.ts";
import { pushoverOptions, type PushoverOptions } from "./options.ts";

const GROUP = "external-secrets.io";
const DEFAULT = pushoverOptions.parse({}).item;

/** A value that an ExternalSecret reads from a store. */
interface Use {
  readonly key: string;
  /** The field of the item; undefined for the whole item. */
  readonly property: string | undefined;
  /** Whether every field of the item is taken. */
  readonly isWhole: boolean;
}

/** Why the store cannot have the item as the options name it; undefined if nothing speaks against it. */
export function whyNoItem(
  cluster: BuiltCluster,
  store: Store,
  { item }: PushoverOptions,
): string | undefined {
  const uses = usesOf(cluster, store);
  const example = uses.find(({ property }) => property !== undefined) ?? uses[0];
  const shown =
    example === undefined
      ? ""
      : `, such as ${example.key}${example.property === undefined ? "" : ` with the field ${example.property}`}`;
  const where = `${store.kind} ${store.name}`;
  const advice = `set pushover.item with key, token and userKey in ${OPTIONS_FILE}`;
  const properties = uses.flatMap(({ property }) => property ?? []);
  const areBelowData = properties.length > 0 && properties.every((one) => one.startsWith("data."));
  if (hasNoMount(cluster, store) && (!item.key.includes("/") || (areBelowData && !isBelowData(item))))
    return `${where} has no spec.provider.vault.path, so its keys are whole paths with the mount${shown}: ${advice} in this form`;
  const isFlat = uses.length > 0 && uses.every(({ property, isWhole }) => property === undefined && !isWhole);
  return isFlat && item.key === DEFAULT.key
    ? `the ExternalSecrets of ${where} read whole items${shown}, and no fields: ${advice} if it has an item with fields, or create the Secret yourself and name it in pushover.secret`
    : undefined;
}

const isBelowData = ({ token, userKey }: PushoverOptions["item"]): boolean =>
  [token, userKey].every((field) => field.startsWith("data."));

/** Whether the keys of a store name the mount of Vault, too. Source: buildPath in external-secrets, providers/v1/vault/client_get.go */
function hasNoMount({ objects }: BuiltCluster, { kind, name }: Store): boolean {
  const found = objects.find(
    ({ object }) => isKind(object, { group: GROUP, kind }) && nameOf(object).name === name,
  );
  const vault = found && at(asKubeObject(found.object), ["spec", "provider", "vault"]);
  return vault !== undefined && (text(fields(vault).path) ?? "") === "";
}

/** What the ExternalSecrets of a cluster read from a store. */
function usesOf({ objects }: BuiltCluster, { kind, name }: Store): readonly Use[] {
  return objects
    .filter(({ object }) => isKind(object, { group: GROUP, kind: "ExternalSecret" }))
    .map(({ object }) => fields(asKubeObject(object).spec))
    .filter(
      ({ secretStoreRef }) => fields(secretStoreRef).kind === kind && fields(secretStoreRef).name === name,
    )
    .flatMap(({ data, dataFrom }) => [
      ...list(data).map((one) => useOf(fields(fields(one).remoteRef), false)),
      ...list(dataFrom).map((one) => useOf(fields(fields(one).extract), true)),
    ]);
}

const useOf = ({ key, property }: ReturnType<typeof fields>, isWhole: boolean): Use => ({
  key: text(key) ?? "",
  property: text(property),
  isWhole,
});
