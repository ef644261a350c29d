import { releaseOf } from "../../../../policy/objects/helm.ts";
import { asKubeObject } from "../../../lint/kube-object.ts";
import { coerce, gte } from "semver";
import { scalarText } from "../../../gitops/kustomize/resource.ts";
import type { Mapping } from "../../../gitops/yaml/values.ts";
import { fieldAt, fieldsIn } from "../../objects.ts";
import type { MigrateOptions } from "../../options.ts";
import { SKIP_INVALID } from "./config-text.ts";
import { argsFor, pinnedSidecar, SIDECAR } from "./container.ts";
import { CONFIG_PATH, START_DELAY, type SidecarPlace } from "./place.ts";

/** The chart mounts its ConfigMap read-only at /config, below which nothing can be mounted. Both files are below this directory instead. */
const DIRECTORY = "/gatus";
const WRITTEN = `${DIRECTORY}/discovered`;

/**
 * What a release of Gatus's chart gets; a reason if it cannot get it.
 * Source: templates/_pod.tpl and templates/_helpers.tpl in https://github.com/TwiN/helm-charts/tree/gatus-1.4.5/charts/gatus
 */
export function placeInGatusChart(
  release: Mapping,
  version: string,
  options: MigrateOptions,
): SidecarPlace | string {
  const number = coerce(version);
  if (!number) return `its version of the chart gatus is not known (${version || "none is set"})`;
  if (!gte(number, "1.0.0") || number.major > 1)
    return `the step knows the chart gatus 1.x, and this is ${version}`;
  const values = fieldsIn(release, ["spec", "values"]);
  const reason = whyNot(values);
  if (reason !== undefined) return reason;
  const fullName = fullNameOf(release, values);
  const external = scalarText(values.externalConfigMap);
  const account = scalarText(fieldAt(values, ["serviceAccount", "name"]));
  const isCreated = account === "" || fieldAt(values, ["serviceAccount", "create"]) === true;
  return {
    config:
      external === ""
        ? { in: "values", path: ["config"] }
        : { in: "ConfigMap", name: external, key: "config.yaml" },
    serviceAccount: account || fullName,
    values: {
      ...(external === "" && { config: { [SKIP_INVALID]: true } }),
      serviceAccount: { ...(isCreated && { create: true }), autoMount: true },
      env: { [CONFIG_PATH]: DIRECTORY, [START_DELAY.name]: String(START_DELAY.seconds) },
      extraInitContainers: [container(options)],
      extraVolumeMounts: [
        {
          name: "gatus-config-directory",
          mountPath: `${DIRECTORY}/base`,
          readOnly: true,
          existingConfigMap: external || fullName,
        },
        { name: SIDECAR, mountPath: WRITTEN, readOnly: true },
      ],
    },
  };
}

function container(options: MigrateOptions): Mapping {
  const pinned = pinnedSidecar(options);
  return {
    name: SIDECAR,
    image: pinned.image,
    args: argsFor(pinned, WRITTEN),
    ...pinned.container,
    volumeMounts: [{ name: SIDECAR, mountPath: WRITTEN }],
  };
}

function whyNot(values: Mapping): string | undefined {
  const env = fieldsIn(values, ["env"]);
  for (const name of [CONFIG_PATH, "GATUS_CONFIG_FILE"])
    if (env[name] !== undefined) return `its environment sets ${name}, which the step would have to change`;
  if (fieldAt(values, ["serviceAccount", "autoMount"]) === false)
    return "serviceAccount.autoMount is false, and gatus-sidecar needs the token: set it to true first";
  return undefined;
}

/** The name of the chart's objects (`names.fullname`). */
function fullNameOf(release: Mapping, values: Mapping): string {
  const override = scalarText(values.fullnameOverride);
  if (override !== "") return override;
  const { name } = releaseOf(asKubeObject(release));
  const chart = scalarText(values.nameOverride) || "gatus";
  return (name.includes(chart) ? name : `${name}-${chart}`).slice(0, 63).replace(/-$/, "");
}
