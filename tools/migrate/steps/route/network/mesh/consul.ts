import { fields, list, text, type Fields } from "../../../../../../policy/engine/read.ts";
import { anyOf, isNamed, type Maybe, type Pods } from "../selectors.ts";
import { allowingAndDenying, type App, type MeshPolicy } from "./policy.ts";

/** Source: https://developer.hashicorp.com/consul/docs/reference/config-entry/service-intentions */
export function consulIntentions(name: string, spec: Fields): readonly MeshPolicy[] {
  const wanted = text(fields(spec.destination).name);
  const selects = ({ service }: App): Maybe => (wanted === "*" ? true : isNamed(service, wanted));
  const sources = list(spec.sources).map(fields);
  const ofAction = (isDenied: boolean): MeshPolicy["rules"] =>
    sources
      .filter(({ action }) => (action === "deny") === isDenied)
      .map((source) => ({
        policy: name,
        isConditional: list(source.permissions).length > 0,
        matches: (pods) => isSource(text(source.name) ?? "", pods),
      }));
  return allowingAndDenying({ name, mesh: "Consul", selects }, ofAction(false), ofAction(true));
}

/** Consul names pods after their Service or, where it checks tokens, after their ServiceAccount. */
function isSource(name: string, { services, account, entity }: Pods): Maybe {
  if (name === "*") return true;
  if (entity !== undefined) return false;
  const names = [...(services ?? [undefined]), account];
  return anyOf(names.map((one) => isNamed(one, name)));
}
