import { isDeepStrictEqual } from "node:util";
import { describeObject, type KubeObject } from "../../kube/objects.ts";
import { EdgefirstError } from "../../lib/errors.ts";
import { omit } from "../../lib/omit.ts";
import type { Check, StackOnCluster, Verdict } from "./check.ts";

const FIELD_MANAGER = "edgefirst-verify";
/** Fields that the API server writes. */
const SERVER_FIELDS = ["managedFields", "resourceVersion", "generation", "creationTimestamp", "uid"];
/** A plain update would change nothing, since the state still contains the declared value; and another field manager owns the field, hence `adopt`. */
const REMEDY = "list it under edgefirst:adopt and run `pulumi up --refresh` once to restore it";
/** How often to compare an object that other clients keep changing. */
const ROUNDS = 5;
/** How many paths a message lists. */
const SHOWN = 3;

/**
 * Checks that each object is on the cluster as declared: a dry-run apply must change nothing. Updates with `--target` and manual edits therefore do not pass.
 * Fields that other clients added are not compared.
 */
export function declaredCheck({ cluster }: StackOnCluster, declared: readonly KubeObject[]): Check {
  /** The resource versions in which objects were as declared: a dry run of a large CRD takes an API server a second. */
  const held = new Map<KubeObject, string | undefined>();
  return {
    id: "declared",
    steady: true,
    run: async () => ({ verdicts: await oneDefinitionAtATime(declared, verdict) }),
  };

  async function verdict(object: KubeObject): Promise<Verdict> {
    const say = (state: Verdict["state"], message: string): Verdict => ({
      object: describeObject(object),
      state,
      message,
      own: true,
    });
    try {
      for (let round = 1; ; round++) {
        const live = await cluster.get(object);
        if (live === undefined) return say("failed", "is not on the cluster");
        const resourceVersion = live.metadata.resourceVersion as string | undefined;
        if (resourceVersion !== undefined && held.get(object) === resourceVersion) return say("held", "");
        const applied = await cluster.apply(object, {
          fieldManager: FIELD_MANAGER,
          force: true,
          dryRun: true,
        });
        const paths = differingPaths(comparable(live), comparable(applied));
        if (paths.length === 0) {
          held.set(object, resourceVersion);
          return say("held", "");
        }
        // If the object changed between the two requests, for example by a new label, the difference may not be in a declared field.
        const after = await cluster.get(object);
        if (round === ROUNDS || after?.metadata.resourceVersion === resourceVersion)
          return say("failed", `differs from its declaration: ${shown(paths)}; ${REMEDY}`);
      }
    } catch (error) {
      // The API server rejects a dry run if an admission webhook has side effects ("does not support dry run").
      if (error instanceof EdgefirstError && error.message.includes("does not support dry run"))
        return say(
          "skipped",
          "cannot be compared: one of the cluster's admission webhooks does not support dry runs",
        );
      throw error;
    }
  }
}

/** Compares CRDs one after another, because the requests for several at once would time out on a busy API server. */
function oneDefinitionAtATime(
  objects: readonly KubeObject[],
  verdict: (object: KubeObject) => Promise<Verdict>,
): Promise<Verdict[]> {
  let previous: Promise<unknown> = Promise.resolve();
  const verdicts = objects.map((object) => {
    if (object.kind !== "CustomResourceDefinition") return verdict(object);
    const own = previous.then(() => verdict(object));
    previous = own.catch(() => undefined);
    return own;
  });
  return Promise.all(verdicts);
}

function comparable(object: KubeObject): unknown {
  return { ...object, metadata: omit(object.metadata, ...SERVER_FIELDS), status: undefined };
}

/** Paths at which two JSON values differ, such as `spec.replicas`. */
function differingPaths(one: unknown, other: unknown, path = ""): string[] {
  if (isDeepStrictEqual(one, other)) return [];
  if (!isMap(one) || !isMap(other)) return [path];
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].flatMap((key) =>
    differingPaths(one[key], other[key], path === "" ? key : `${path}.${key}`),
  );
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function shown(paths: readonly string[]): string {
  const more = paths.length - SHOWN;
  return [...paths.slice(0, SHOWN), ...(more > 0 ? [`${more} more`] : [])].join(", ");
}
