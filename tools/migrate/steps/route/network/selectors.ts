import { requirementsOf } from "../../../../../policy/objects/namespace-admission.ts";
import { fields, list, text, type Fields } from "../../../../../policy/engine/read.ts";

/** Undefined if the repository does not show the answer. */
export type Maybe = boolean | undefined;

/** Pods of one kind, as far as the repository shows them. */
export interface Pods {
  /** Undefined if it is not known. */
  readonly namespace: string | undefined;
  readonly labels: ReadonlyMap<string, string>;
  /** Labels that the pods may have in addition. */
  readonly mayHave: RegExp;
  /** Their ServiceAccount, if it is known. */
  readonly account?: string;
  /** The Services in front of them, if they are known. */
  readonly services?: readonly string[];
  /** Whether they are proxies of Istio itself. */
  readonly isProxy?: true;
  /** Cilium's name for what is not a pod: `ingress` for its own Gateways. */
  readonly entity?: string;
}

/** Pods of which nothing is known. */
export const UNKNOWN_PODS: Pods = { namespace: undefined, labels: new Map(), mayHave: /^/ };

/** True if any answer is true, unknown if any is unknown. */
export function anyOf(answers: readonly Maybe[]): Maybe {
  return answers.includes(true) ? true : answers.includes(undefined) ? undefined : false;
}

/** False if any answer is false, unknown if any is unknown. */
export function allOf(answers: readonly Maybe[]): Maybe {
  return answers.includes(false) ? false : answers.includes(undefined) ? undefined : true;
}

/** The requirements of a label selector; Cilium's prefixes are removed from the keys. */
export function requirementsIn(selector: unknown): readonly Fields[] {
  return requirementsOf(fields(selector)).map(({ key, ...rest }) => ({
    ...rest,
    key: (text(key) ?? "").replace(/^(?:k8s|any)[:.]/, ""),
  }));
}

/** Whether pods meet a requirement on a label. */
export function meets({ key, operator, values }: Fields, { labels, mayHave }: Pods): Maybe {
  const name = text(key) ?? "";
  const value = labels.get(name);
  const isKnown = value !== undefined || !mayHave.test(name);
  const isListed = value !== undefined && list(values).map(String).includes(value);
  const has = isKnown ? value !== undefined : undefined;
  switch (operator) {
    case "In":
      return value?.includes("$") || !isKnown ? undefined : isListed;
    case "NotIn":
      return isKnown ? !isListed : undefined;
    case "Exists":
      return has;
    case "DoesNotExist":
      return has === undefined ? undefined : !has;
  }
  return undefined;
}

/** Whether a label selector matches pods. */
export function selectorMatches(selector: unknown, pods: Pods): Maybe {
  return pods.entity === undefined ? allOf(requirementsIn(selector).map((one) => meets(one, pods))) : false;
}

/** Whether a name that may not be known is the wanted one. */
export function isNamed(name: string | undefined, wanted: unknown): Maybe {
  return name === undefined ? undefined : name === wanted;
}

/** Whether pods are in a namespace. */
export function isIn({ namespace }: Pods, wanted: string | undefined): Maybe {
  return isNamed(namespace, wanted);
}
