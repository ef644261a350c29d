import { appContainers, type AppContainer } from "../../../../policy/objects/app-template.ts";
import { fields, text, type Fields } from "../../../../policy/engine/read.ts";
import { asKubeObject } from "../../../lint/kube-object.ts";
import type { BuiltCluster } from "../../../gitops/flux/built.ts";
import { scalarText } from "../../../gitops/kustomize/resource.ts";
import type { Mapping, Value } from "../../../gitops/yaml/values.ts";
import { fieldAt } from "../../objects.ts";
import type { MigrateOptions } from "../../options.ts";
import { indexOf } from "../../clusters.ts";
import { accountIn, majorOf } from "./app-template-account.ts";
import { configOf, mountsOf, whyNotWritable } from "./app-template-mounts.ts";
import { argsFor, pinnedSidecar, SIDECAR } from "./container.ts";
import { CONFIG_PATH, GATUS_IMAGE, START_DELAY, type SidecarPlace } from "./place.ts";

/** What an app-template release gets; a reason if it cannot get it, undefined if it does not run Gatus. */
export function placeInAppTemplate(
  release: Mapping,
  version: string,
  cluster: BuiltCluster,
  options: MigrateOptions,
): SidecarPlace | string | undefined {
  const gatus = appContainers(asKubeObject(release), indexOf(cluster)).filter(({ spec }) =>
    GATUS_IMAGE.test(text(spec.image) ?? ""),
  );
  const [container, ...others] = gatus;
  if (!container) return undefined;
  if (others.length > 0) return "it runs Gatus in several containers";
  const major = majorOf(version);
  if (typeof major === "string") return major;
  const directory = directoryOf(container);
  if (typeof directory === "string") return directory;
  const mounts = mountsOf(release, container);
  const reason = whyNotWritable(mounts, directory.path);
  if (reason !== undefined) return reason;
  const config = configOf(release, mounts, directory.path);
  if (typeof config === "string") return config;
  const account = accountIn(release, container.controller, major);
  if (typeof account === "string") return account;
  const isShared = mounts.some(
    ({ path, type, isGlobal }) => path === directory.path && type === "emptyDir" && isGlobal,
  );
  const { controller, name } = container;
  const start = isDelayed(container) ? {} : { containers: { [name]: { env: delayIn(release, container) } } };
  return {
    config,
    serviceAccount: account.name,
    values: {
      controllers: {
        [controller]: {
          initContainers: { [SIDECAR]: sidecarFor(directory.path, isShared, options) },
          ...start,
        },
      },
      ...(isShared ? {} : { persistence: { [SIDECAR]: sharedVolume(directory.path) } }),
      ...account.values,
    },
  };
}

function sidecarFor(directory: string, isShared: boolean, options: MigrateOptions): Mapping {
  const pinned = pinnedSidecar(options);
  const args = argsFor(pinned, isShared ? directory : `${directory}/${SIDECAR}`);
  return { image: { repository: pinned.repository, tag: pinned.tag }, args, ...pinned.container };
}

function sharedVolume(directory: string): Mapping {
  return { type: "emptyDir", globalMounts: [{ path: `${directory}/${SIDECAR}` }] };
}

/** The directory that Gatus reads, without a slash at its end; a reason if it reads a single file. */
function directoryOf({ spec }: AppContainer): { readonly path: string } | string {
  const path = environment(spec).get(CONFIG_PATH)?.replace(/\/+$/, "") ?? "";
  if (/^\/[^{}$]+$/.test(path) && !/\.ya?ml$/.test(path)) return { path };
  return `Gatus reads a single file, and gatus-sidecar writes another one: set the environment variable ${CONFIG_PATH} to a directory such as /config, and mount the file into it (\`subPath\`)`;
}

function isDelayed({ spec }: AppContainer): boolean {
  return environment(spec).has(START_DELAY.name);
}

/** The addition to a container's environment, in the form in which it is written. */
function delayIn(release: Mapping, { controller, name }: AppContainer): Value {
  const { name: variable, seconds } = START_DELAY;
  const own = fieldAt(release, ["spec", "values", "controllers", controller, "containers", name, "env"]);
  return Array.isArray(own) ? [{ name: variable, value: String(seconds) }] : { [variable]: seconds };
}

/** Environment variables with their values; "" for a value that is not in the release. */
function environment(spec: Fields): ReadonlyMap<string, string> {
  const valueOf = (value: unknown): string =>
    typeof value === "object" ? scalar(fields(value).value) : scalar(value);
  if (Array.isArray(spec.env))
    return new Map(spec.env.map((one) => [scalar(fields(one).name), valueOf(one)]));
  return new Map(Object.entries(fields(spec.env)).map(([key, value]) => [key, valueOf(value)]));
}

const scalar = (value: unknown): string => scalarText(value as Value);
