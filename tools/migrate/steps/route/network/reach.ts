import type { KubeObject } from "../../../../../kube/objects.ts";
import type { ObjectIndex } from "../../../../../policy/engine/object-index.ts";
import { appServices } from "../../../../../policy/objects/app-template-network.ts";
import { knowledgeOf } from "../../../../lint/knowledge.ts";
import { asKubeObject } from "../../../../lint/kube-object.ts";
import { indexOf } from "../../../clusters.ts";
import { OPTIONS_FILE } from "../../../options-file.ts";
import type { StepContext } from "../../../step.ts";
import { isRelease } from "../../oci/artifact.ts";
import { controllerRelease } from "../controllers/classes.ts";
import { gatewayIn } from "../gateway/gateway.ts";
import type { MovingForm, Parents } from "../gateway/parents.ts";
import { servicesBehind } from "../reading/served.ts";
import { meshDifferences, type Difference } from "./mesh/admission.ts";
import { meshPoliciesOf } from "./mesh/policies.ts";
import { controllerPods, gatewayPods, podsBehind } from "./pods.ts";
import { policiesOf, type Policy } from "./policies.ts";
import { anyOf, UNKNOWN_PODS, type Maybe, type Pods } from "./selectors.ts";

/**
 * Why the pods behind a Gateway may not reach an app, or whether that cannot be decided: policies in the repository (of the network, or of a mesh) restrict who reaches the
 * app, or what the Gateway's pods reach. Policies outside the repository are not known.
 */
export function whyUnreachable(
  { form, ...moving }: MovingForm,
  gateway: Parents["gateway"],
  { repository }: StepContext,
): readonly string[] {
  const { cluster, reading, namespace } = moving;
  if (!cluster) return [];
  const policies = policiesOf(cluster);
  const meshes = meshPoliciesOf(cluster);
  if (policies.length === 0 && meshes.length === 0) return [];
  const objects = indexOf(cluster);
  const known = { objects, knowledge: knowledgeOf(repository) };
  const doors = gatewayPods(gatewayIn(cluster, gateway), known);
  const release = controllerRelease(reading.ingressClass, cluster);
  const former = release ? controllerPods(asKubeObject(release), objects) : UNKNOWN_PODS;
  const source = isRelease(form.object) ? asKubeObject(form.object) : undefined;
  const reasons = servicesBehind(reading.served).flatMap((backend) => {
    const app = podsBehind(backend, namespace, source, objects);
    const name = backend.identifier ?? backend.name ?? "";
    const question = { name, policies, app, former, gateway, option: reading.ingressClass ?? "" };
    const service = backend.name ?? serviceName(backend.identifier, source, objects);
    return doors.flatMap((door) => [
      whyClosed(question, door),
      ...meshDifferences(meshes, { pods: app, service }, { former, door }).map((difference) =>
        meshReason(difference, question),
      ),
    ]);
  });
  return [...new Set(reasons.filter((reason) => reason !== undefined))];
}

interface Question {
  /** The backend. */
  readonly name: string;
  readonly policies: readonly Policy[];
  readonly app: Pods;
  /** The pods of the class's controller. */
  readonly former: Pods;
  readonly gateway: Parents["gateway"];
  /** The class. */
  readonly option: string;
}

function whyClosed(question: Question, door: Pods): string | undefined {
  const { policies, app, former, name, gateway } = question;
  const id = `${gateway.namespace}/${gateway.name}`;
  const around = policies.filter(({ selects, admits }) => admits !== undefined && selects(app) === true);
  const answer = around.length === 0 ? true : anyOf(around.map(({ admits }) => admits?.(door)));
  const admitting = around.find(({ admits }) => admits?.(former) === true);
  const [first] = admitting ? [admitting] : around;
  const subject = admitting
    ? `${first?.name ?? ""} admits the controller of the class to the pods of ${name}`
    : `${first?.name ?? ""} restricts who reaches the pods of ${name}`;
  const other = answer === false ? likelyToAdmit(question, door) : undefined;
  const reason = other
    ? whyUnlikely(question, subject, other)
    : (sentence(answer, question, (admits) => `${subject} ${admits} those of Gateway ${id}`) ??
      (around.length === 0 ? whyMaybeClosed(question, door) : undefined));
  if (reason !== undefined) return reason;
  const behind = policies.filter(({ selects, releases }) => releases !== undefined && selects(door) === true);
  if (behind.length === 0 || anyOf(behind.map(({ releases }) => releases?.(app))) !== false) return undefined;
  return `${behind[0]?.name ?? ""} does not let the pods of Gateway ${id} reach those of ${name}: extend it, or label the pods, before the move`;
}

/**
 * A policy that may admit a Gateway's pods to those of an app whose labels are not known: what policies admit adds up. Where the
 * repository does not show the Gateway's pods, it is one that may admit the controller of the class.
 */
function likelyToAdmit({ policies, app, former }: Question, door: Pods): Likely | undefined {
  const open = policies.filter(
    ({ selects, admits }) => selects(app) === undefined && admits !== undefined && admits(door) !== false,
  );
  const [policy] = open.filter(({ admits }) => admits?.(door) === true);
  if (policy) return { policy, admits: "does" };
  const [likely] = [true, undefined].flatMap((answer) =>
    open.filter(({ admits }) => admits?.(former) === answer),
  );
  return likely && { policy: likely, admits: "may" };
}

interface Likely {
  readonly policy: Policy;
  /** Whether it admits the Gateway's pods. */
  readonly admits: "does" | "may";
}

const whyUnlikely = (
  { name, gateway, option }: Question,
  subject: string,
  { policy, admits }: Likely,
): string | undefined =>
  gateway.reachesApps
    ? undefined
    : `${subject} and does not admit those of Gateway ${gateway.namespace}/${gateway.name}, but ${policy.name} ${admits}, and may select the pods of ${name}: if it does, set route.gateways.${option}.reachesApps to true in ${OPTIONS_FILE}`;

/** Policies that may be about an app whose pods are not known, such as those of an operator: those that admit the controller of the class are likely to be. */
function whyMaybeClosed(question: Question, door: Pods): string | undefined {
  const { policies, app, former, name, gateway } = question;
  const likely = policies.filter(
    ({ selects, admits }) => selects(app) === undefined && admits?.(former) === true,
  );
  const [first] = likely;
  if (first === undefined || anyOf(likely.map(({ admits }) => admits?.(door))) === true) return undefined;
  const id = `${gateway.namespace}/${gateway.name}`;
  return sentence(
    undefined,
    question,
    (admits) =>
      `${first.name} admits the controller of the class to pods that may be those of ${name}, which this repository does not show, ${admits} those of Gateway ${id}`,
  );
}

/** A reason for a negative or open answer. */
function sentence(
  answer: Maybe,
  { gateway, option }: Question,
  describe: (admits: string) => string,
): string | undefined {
  if (answer === true || (answer === undefined && gateway.reachesApps)) return undefined;
  return answer === false
    ? `${describe("and does not admit")}: extend the policy, or label the pods, before the move`
    : `${describe("and may not admit")}: if it admits them, set route.gateways.${option}.reachesApps to true in ${OPTIONS_FILE}`;
}

/** The name of a Service in app-template's values. */
function serviceName(
  identifier: string | undefined,
  source: KubeObject | undefined,
  objects: ObjectIndex,
): string | undefined {
  if (source === undefined || identifier === undefined) return undefined;
  return appServices(source, objects).find((service) => service.identifier === identifier)?.name;
}

/** A reason for a difference that a mesh makes between the controller and the Gateway. */
function meshReason(
  { answer, policy, kind, admitsFormer }: Difference,
  { name, gateway, option }: Question,
): string | undefined {
  if (answer === undefined && gateway.reachesApps) return undefined;
  const may = answer === undefined ? "may" : "does";
  const id = `${gateway.namespace}/${gateway.name}`;
  const restricts = admitsFormer
    ? `admits the controller of the class to the pods of ${name}`
    : `restricts who reaches the pods of ${name}`;
  const what =
    kind === "closed"
      ? `${restricts} and ${may} not admit those of Gateway ${id}`
      : `has rules on requests to the pods of ${name} and ${may} not treat the controller of the class like the pods of Gateway ${id}`;
  return answer === false
    ? `${policy} ${what}: change the policy before the move`
    : `${policy} ${what}: if it does, set route.gateways.${option}.reachesApps to true in ${OPTIONS_FILE}`;
}
