import { nameOf } from "../../../objects.ts";
import { isRelease } from "../../oci/artifact.ts";
import type { MovingForm } from "../gateway/parents.ts";
import { admissionPoliciesOf } from "./policies.ts";
import type { Admitted } from "./policy.ts";

/** An Ingress as admission policies see it. */
export function admittedOf({
  form,
  namespace,
  reading,
}: Pick<MovingForm, "form" | "namespace" | "reading">): Admitted {
  const isInValues = isRelease(form.object);
  return {
    kind: !isInValues && form.object.kind === "IngressRoute" ? "IngressRoute" : "Ingress",
    namespace,
    name: isInValues ? undefined : nameOf(form.object).name,
    annotations: reading.annotations.raw,
  };
}

/** The annotations of an Ingress, with those of external-dns that admission policies in the repository add in the cluster. */
export function admittedAnnotations(
  moving: Pick<MovingForm, "form" | "namespace" | "reading" | "cluster">,
): Readonly<Record<string, string>> {
  const ingress = admittedOf(moving);
  const added = (moving.cluster ? admissionPoliciesOf(moving.cluster) : []).flatMap(({ name, rules }) =>
    rules
      .filter((rule) => rule.matches(ingress))
      .flatMap(({ dns = new Map<string, string>() }) =>
        [...dns].map(
          ([annotation, value]) => [annotation, value || `a value that ${name} computes`] as const,
        ),
      ),
  );
  return { ...Object.fromEntries(added), ...Object.fromEntries(moving.reading.annotations.raw) };
}
