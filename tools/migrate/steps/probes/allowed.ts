import { isDeepStrictEqual } from "node:util";
import { appContainers } from "../../../../policy/objects/app-template.ts";
import { fields } from "../../../../policy/engine/read.ts";
import { isMapping, type Mapping, type Value } from "../../../gitops/yaml/values.ts";
import { asKubeObject } from "../../../lint/kube-object.ts";
import { sameCluster, clusterOf, indexOf } from "../../clusters.ts";
import { fieldsIn } from "../../objects.ts";
import type { Step } from "../../step.ts";
import { missingProbes } from "./missing.ts";

/** Missing probes are added, exactly as the step derives them; nothing else in the release changes. */
export const whyForbidden: Step["whyForbidden"] = (before, after, context, clusters) => {
  const old = before && clusterOf(before, context.clusters);
  const now = sameCluster(old, clusters);
  if (!before || !after || !old || !now) return "this step must not add or remove objects";
  if (!isDeepStrictEqual(withoutProbes(before.object), withoutProbes(after.object)))
    return "something other than its probes has changed";
  const [earlier, later] = [
    appContainers(asKubeObject(before.object), indexOf(old)),
    appContainers(asKubeObject(after.object), indexOf(now)),
  ];
  const wrong = earlier.find((container, index) => {
    const answer = missingProbes(container, asKubeObject(before.object), indexOf(old), context);
    const expected = { ...container.probes, ...(typeof answer === "string" ? {} : answer) };
    const got = later[index]?.probes ?? {};
    return !isDeepStrictEqual(got, container.probes) && !isDeepStrictEqual(got, expected);
  });
  return wrong && `container ${wrong.name} would get different probes`;
};

function withoutProbes(object: Mapping): unknown {
  const controllers = Object.entries(fieldsIn(object, ["spec", "values", "controllers"])).map(
    ([name, controller]): [string, unknown] => [name, withoutProbesBelow(controller)],
  );
  const spec = fieldsIn(object, ["spec"]);
  return {
    ...object,
    spec: { ...spec, values: { ...fieldsIn(spec, ["values"]), controllers: new Map(controllers) } },
  };
}

function withoutProbesBelow(controller: Value): unknown {
  if (!isMapping(controller)) return controller;
  const lists = ["containers", "initContainers"].map((list): [string, unknown] => [
    list,
    new Map(
      Object.entries(fieldsIn(controller, [list])).map(([name, container]): [string, unknown] => [
        name,
        { ...fields(container), probes: undefined },
      ]),
    ),
  ]);
  return { ...controller, ...Object.fromEntries(lists) };
}
