import { podField, resourceField } from "./fields.ts";
import { type Image } from "./images.ts";
import { MissingError, type PodObjects } from "./pod-objects.ts";
import { type PodPlace } from "./pod-place.ts";
import { allContainers, type EnvVar, type RealContainer, type RealPod } from "./pod-spec.ts";

/** Variables with the addresses of Services, keyed by variable name. */
export type ServiceVariables = Readonly<Record<string, string>>;

const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Where a container's environment comes from. */
export interface EnvironmentArgs {
  readonly pod: RealPod;
  readonly container: RealContainer;
  readonly image: Image;
  readonly services: ServiceVariables;
  readonly objects: PodObjects;
  readonly place: PodPlace;
}

/**
 * A container's environment by the kubelet's rules: variables from the image, then from Services, `envFrom` and `env`, in that order.
 * Values may refer to earlier variables as `$(NAME)`.
 * @throws MissingError if a required object or key does not exist.
 */
export async function environmentOf(args: EnvironmentArgs): Promise<Record<string, string>> {
  const { pod, container, image, services, objects } = args;
  const env: Record<string, string> = {
    PATH,
    HOME: "/",
    HOSTNAME: pod.spec.hostname ?? pod.metadata.name,
    ...image.env,
    ...services,
  };
  for (const { prefix = "", configMapRef, secretRef } of container.envFrom ?? []) {
    const data = configMapRef
      ? await objects.data("configmap", configMapRef.name, configMapRef.optional)
      : secretRef
        ? await objects.data("secret", secretRef.name, secretRef.optional)
        : new Map<string, Buffer>();
    for (const [key, value] of data) env[prefix + key] = value.toString("utf8");
  }
  for (const variable of container.env ?? []) {
    const value = await valueOf(variable, env, args);
    if (value !== undefined) env[variable.name] = value;
  }
  return env;
}

async function valueOf(
  { value = "", valueFrom }: EnvVar,
  env: Readonly<Record<string, string>>,
  { pod, container, objects, place }: EnvironmentArgs,
): Promise<string | undefined> {
  if (valueFrom === undefined) return expand(value, env);
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = valueFrom;
  if (fieldRef) return podField(pod, fieldRef.fieldPath, place);
  if (resourceFieldRef) {
    const { containerName = container.name, resource, divisor } = resourceFieldRef;
    const of = allContainers(pod).find(({ name }) => name === containerName) ?? container;
    return resourceField(of, resource, divisor);
  }
  const kind = configMapKeyRef ? "configmap" : "secret";
  const reference = configMapKeyRef ?? secretKeyRef;
  if (reference === undefined) throw new MissingError("the field `valueFrom` has no supported source");
  const found = (await objects.data(kind, reference.name, reference.optional)).get(reference.key);
  if (found === undefined && reference.optional !== true)
    throw new MissingError(`couldn't find key ${reference.key} in ${kind} ${reference.name}`);
  return found?.toString("utf8");
}

/** Replaces `$(NAME)` if the variable is known and leaves it otherwise; `$$(NAME)` becomes `$(NAME)`. */
export function expand(text: string, env: Readonly<Record<string, string>>): string {
  return text.replace(/\$\$|\$\(([^)]+)\)/g, (match, name?: string) =>
    match === "$$" ? "$" : (env[name ?? ""] ?? match),
  );
}
