import { releaseOf } from "../../../../policy/objects/helm.ts";
import { asKubeObject } from "../../../lint/kube-object.ts";
import { coerce } from "semver";
import { scalarText } from "../../../gitops/kustomize/resource.ts";
import { isMapping, type Mapping } from "../../../gitops/yaml/values.ts";
import { fieldAt, fieldsIn } from "../../objects.ts";

/** A ServiceAccount, and the values that create it and mount its token. */
interface Account {
  readonly name: string;
  readonly values: Mapping;
}

/** The major version of app-template, or why the step does not know it. */
export function majorOf(version: string): number | string {
  const major = coerce(version)?.major;
  if (major === undefined) return `its version of app-template is not known (${version || "none is set"})`;
  return major >= 3 && major <= 5 ? major : `the step knows app-template 3 to 5, and this is ${version}`;
}

/**
 * The ServiceAccount of a controller's pods. Up to 3.x `serviceAccount` is one account; from 4.0 on, it is a map of accounts, and pods use the
 * only one.
 * Source: lib/pod/fields/_serviceAccountName.tpl in
 * https://github.com/bjw-s-labs/helm-charts/tree/common-4.1.1/charts/library/common/templates
 */
export function accountIn(release: Mapping, controller: string, major: number): Account | string {
  const values = fieldsIn(release, ["spec", "values"]);
  const own = fieldsIn(values, ["controllers", controller, "serviceAccount"]);
  const name = scalarText(own.name);
  const token = tokenValues(values, controller, major);
  if (typeof token === "string") return token;
  const found = name === "" ? chartAccount(release, scalarText(own.identifier), major) : { name, values: {} };
  if (typeof found === "string") return found;
  return /[{}$]/.test(found.name)
    ? `the name of its ServiceAccount (${found.name}) is a template`
    : { ...found, values: { ...found.values, ...token } };
}

/** Mounts the ServiceAccount's token; the chart does that by default. */
function tokenValues(values: Mapping, controller: string, major: number): Mapping | string {
  const places = [["controllers", controller, "pod"], ["defaultPodOptions"]];
  const [first] = places
    .map((path) => fieldAt(values, [...path, "automountServiceAccountToken"]))
    .filter((value) => value !== undefined);
  if (first === false)
    return "automountServiceAccountToken is false, and gatus-sidecar needs the token: set it to true first";
  return first === undefined && major >= 5
    ? { defaultPodOptions: { automountServiceAccountToken: true } }
    : {};
}

function chartAccount(release: Mapping, identifier: string, major: number): Account | string {
  const values = fieldsIn(release, ["spec", "values"]);
  const { name } = releaseOf(asKubeObject(release));
  const overrides = ["nameOverride", "fullnameOverride"].some(
    (key) => fieldAt(values, ["global", key]) !== undefined,
  );
  if (overrides)
    return "its values rename the chart's objects (global.nameOverride or global.fullnameOverride): set the name of its ServiceAccount first";
  const accounts = fieldsIn(values, ["serviceAccount"]);
  if (major < 4) {
    if (identifier !== "" && identifier !== "default") return `the ServiceAccount ${identifier} is not known`;
    const own = scalarText(accounts.name) || name;
    return {
      name: own,
      values: accounts.create === true ? {} : { serviceAccount: { create: true, name: own } },
    };
  }
  if (Object.values(accounts).some((one) => !isMapping(one)))
    return "its serviceAccount has the format of app-template 3.x: write an account per key first";
  const enabled = Object.entries(accounts).filter(([, one]) => isMapping(one) && one.enabled !== false);
  if (enabled.length === 0)
    return identifier === ""
      ? { name, values: { serviceAccount: { [name]: {} } } }
      : `the ServiceAccount ${identifier} is not known`;
  const [key, account] = enabled.find(([one]) => identifier === "" || one === identifier) ?? [];
  const given = scalarText(fieldAt(account, ["name"]));
  if (key === undefined || (identifier === "" && enabled.length > 1))
    return "which of its ServiceAccounts the pods use is not known";
  if (given !== "" && identifier !== "") return { name: given, values: {} };
  return enabled.length === 1 && key === name && given === ""
    ? { name, values: {} }
    : `the chart composes the name of its ServiceAccount ${key}: set controllers.*.serviceAccount.name first`;
}
