import type { ObjectIndex } from "../../../../../../policy/engine/object-index.ts";
import { fields, list, text, texts, type Fields } from "../../../../../../policy/engine/read.ts";
import { allOf, anyOf, isIn, isNamed, selectorMatches, type Maybe, type Pods } from "../selectors.ts";
import { isInIstio } from "./in-istio.ts";
import { matchesPattern, matchesPrincipal, not, runsAs, type App, type MeshPolicy } from "./policy.ts";

/** The namespace whose policies apply to the whole mesh, unless MeshConfig names another one. */
export const ROOT = "istio-system";

/** Source: https://istio.io/latest/docs/reference/config/security/authorization-policy/ */
export function istioPolicy(
  name: string,
  spec: Fields,
  namespace: string,
  index: ObjectIndex,
): readonly MeshPolicy[] {
  const action = text(spec.action) ?? "ALLOW";
  if (action === "AUDIT") return [];
  return [
    {
      name,
      mesh: "Istio",
      effect: action === "ALLOW" ? "allow" : "other",
      selects: (app) => allOf([isInIstio(app.pods, index) !== false, selects(spec, namespace, app)]),
      rules: list(spec.rules).map((rule) => {
        const { from, to, when } = fields(rule);
        const sources = list(from).map((one) => fields(fields(one).source));
        const conditions = list(when).map(fields);
        const ofSource = conditions.filter(
          ({ key }) => text(key)?.startsWith("source.") && key !== "source.ip",
        );
        return {
          policy: name,
          isConditional:
            list(to).length > 0 ||
            conditions.length > ofSource.length ||
            sources.some((source) => Object.keys(source).some((key) => !FROM_PODS.has(key))),
          matches: (pods) =>
            allOf([
              sources.length === 0 ? true : anyOf(sources.map((one) => fromSource(one, pods, namespace))),
              ...ofSource.map((one) => meetsCondition(one, pods, namespace)),
            ]),
        };
      }),
    },
  ];
}

/** Fields of a source that only ask which pods send the request. Addresses are among them: of pods, they are not known. */
const FROM_PODS = new Set(
  ["principals", "namespaces", "serviceAccounts", "ipBlocks"].flatMap((key) => [
    key,
    `not${key[0]?.toUpperCase() ?? ""}${key.slice(1)}`,
  ]),
);

function fromSource(source: Fields, pods: Pods, own: string): Maybe {
  const ask = (kind: string, key: string): readonly Maybe[] => {
    const answers = texts(source[key]).map((value) => isFrom(kind, value, pods, own));
    return answers.length === 0 ? [] : [anyOf(answers)];
  };
  return allOf(
    ["principals", "namespaces", "serviceAccounts"].flatMap((kind) => [
      ...ask(kind, kind),
      ...ask(kind, `not${kind[0]?.toUpperCase() ?? ""}${kind.slice(1)}`).map(not),
    ]),
  );
}

function isFrom(kind: string, value: string, pods: Pods, own: string): Maybe {
  if (kind === "principals") return matchesPrincipal(value, pods);
  if (kind === "serviceAccounts") {
    const [account = "", namespace] = value.split("/").toReversed();
    return runsAs(pods, account, namespace ?? own);
  }
  if (pods.entity !== undefined) return false;
  return pods.namespace === undefined ? undefined : matchesPattern(value, pods.namespace);
}

function meetsCondition({ key, values, notValues }: Fields, pods: Pods, own: string): Maybe {
  const kind = `${(text(key) ?? "").replace("source.", "")}s`;
  const any = (all: unknown): Maybe => anyOf(texts(all).map((value) => isFrom(kind, value, pods, own)));
  return allOf([
    ...(list(values).length === 0 ? [] : [any(values)]),
    ...(list(notValues).length === 0 ? [] : [not(any(notValues))]),
  ]);
}

function selects(spec: Fields, namespace: string, { pods, service }: App): Maybe {
  const isNear = namespace === ROOT || isIn(pods, namespace);
  const targets = [...list(spec.targetRefs), ...(spec.targetRef === undefined ? [] : [spec.targetRef])];
  if (targets.length > 0)
    return allOf([
      isNear,
      anyOf(
        targets.map(fields).map(({ kind, name }) => {
          if (kind === "Service") return isNamed(service, name);
          // A waypoint proxy stands in front of all pods of its namespace.
          return kind === "Gateway" && text(name)?.includes("waypoint") === true;
        }),
      ),
    ]);
  return allOf([isNear, selectorMatches(spec.selector, pods)]);
}
