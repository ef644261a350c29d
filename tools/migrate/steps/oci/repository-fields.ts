import type { Mapping, Value } from "../../../gitops/yaml/values.ts";
import { fieldsIn } from "../../objects.ts";

/** What becomes of a field of a HelmRepository: carried over to the OCIRepository, without effect, or a reason to leave the release. */
type Fate = "carried" | "no-effect" | { readonly refused: string };

const refused = (reason: string): Fate => ({ refused: reason });

/**
 * The fields of a HelmRepository.
 * Source: https://github.com/fluxcd/source-controller, api/v1/helmrepository_types.go and ocirepository_types.go
 */
const FIELDS: Readonly<Record<string, (value: Value, isOci: boolean) => Fate>> = {
  url: () => "no-effect", // Read separately, together with the chart's name.
  interval: () => "no-effect", // The OCIRepository has the interval of the chart or the release.
  type: () => "no-effect",
  timeout: () => "carried",
  // Flux reads both only if the type is oci.
  insecure: (value, isOci) => (isOci && value === true ? "carried" : "no-effect"),
  provider: (value, isOci) => (isOci && value !== "generic" ? "carried" : "no-effect"),
  // Only with secretRef, which is refused.
  passCredentials: () => "no-effect",
  secretRef: () => refused("needs a login (secretRef), and the OCIRepository would need one too"),
  certSecretRef: () =>
    refused("uses its own certificates (certSecretRef), and the OCIRepository would need them too"),
  suspend: (value) =>
    value === true ? refused("is suspended, and a suspended OCIRepository fetches nothing") : "no-effect",
  accessFrom: () => refused("restricts access (accessFrom), which an OCIRepository cannot"),
};

/** The fields that an OCIRepository takes over from a HelmRepository; a reason if it cannot take over all of them. */
export function carriedFields(helmRepository: Mapping): Mapping | string {
  const spec = fieldsIn(helmRepository, ["spec"]);
  const carried: Mapping = {};
  for (const [name, value] of Object.entries(spec)) {
    const fate = FIELDS[name]?.(value, spec.type === "oci") ?? refused(`has the unknown field ${name}`);
    if (typeof fate === "object") return `its HelmRepository ${fate.refused}`;
    if (fate === "carried") carried[name] = value;
  }
  return carried;
}
