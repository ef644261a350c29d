import { at, fields, list, text, type Fields } from "../../../../../../policy/engine/read.ts";
import { allOf, anyOf, isIn, isNamed, meets, type Maybe, type Pods } from "../selectors.ts";
import { allowingAndDenying, matchesPrincipal, type App, type MeshPolicy, type MeshRule } from "./policy.ts";

/** Source: https://kuma.io/docs/latest/policies/meshtrafficpermission/ */
export function kumaPermission(name: string, spec: Fields): readonly MeshPolicy[] {
  const entries = list(spec.from)
    .map(fields)
    .map(({ targetRef, default: settings }) => ({
      isAllowed: !/^deny$/i.test(text(fields(settings).action) ?? ""),
      rule: {
        policy: name,
        isConditional: false,
        matches: (pods: Pods) => isTarget(fields(targetRef), { pods, service: undefined }),
      },
    }));
  const identities = (key: string): readonly MeshRule[] =>
    list(spec.rules)
      .flatMap((rule) => list(at(rule, ["default", key])))
      .map((one) => fields(fields(one).spiffeID))
      .map(({ type, value }) => {
        const pattern = `${text(value) ?? ""}${type === "Prefix" ? "*" : ""}`;
        return { policy: name, isConditional: false, matches: (pods) => matchesPrincipal(pattern, pods) };
      });
  const allowed = [
    ...entries.filter(({ isAllowed }) => isAllowed).map(({ rule }) => rule),
    ...identities("allow"),
  ];
  const denied = [
    ...entries.filter(({ isAllowed }) => !isAllowed).map(({ rule }) => rule),
    ...identities("deny"),
  ];
  const selects = (app: App): Maybe => isTarget(fields(spec.targetRef), app);
  return allowingAndDenying({ name, mesh: "Kuma", selects }, allowed, denied);
}

function isTarget(target: Fields, { pods, service }: App): Maybe {
  if (pods.entity !== undefined) return target.kind === undefined || target.kind === "Mesh";
  const tags = Object.entries(fields(target.tags ?? target.labels)).map(([key, value]) =>
    hasTag(key, String(value), { pods, service }),
  );
  const name = text(target.name);
  const isNamedSo = name === undefined || target.kind === "Mesh" ? true : isService(name, { pods, service });
  return allOf([isNamedSo, ...tags]);
}

function hasTag(key: string, value: string, app: App): Maybe {
  switch (key) {
    case "kuma.io/service":
      return isService(value, app);
    case "k8s.kuma.io/service-name":
      return anyOf(namesOf(app).map((name) => name === value));
    case "k8s.kuma.io/namespace":
      return isIn(app.pods, value);
    default:
      return meets({ key, operator: "In", values: [value] }, app.pods);
  }
}

/** `web_apps_svc_80`, or the name alone. */
function isService(written: string, app: App): Maybe {
  const [name = "", namespace = app.pods.namespace] = written.split("_");
  if (namespace !== app.pods.namespace && app.pods.namespace !== undefined) return false;
  return anyOf(namesOf(app).map((one) => isNamed(one, name)));
}

const namesOf = ({ pods, service }: App): readonly (string | undefined)[] =>
  service === undefined ? (pods.services ?? [undefined]) : [service];
