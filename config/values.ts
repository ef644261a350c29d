import { z } from "zod";

/** Schemas for scalar values that several sections share. Each has the expectation that errors quote and the title that the reference shows. */

/** A Kubernetes object name: RFC 1123 subdomain. */
export const objectName = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, "a lower-case Kubernetes object name (RFC 1123)")
  .meta({ title: "object name" });

/** A key in a Secret's data. */
export const secretKey = z
  .string()
  .max(253)
  .regex(/^[-._a-zA-Z0-9]+$/, "a key of a Secret: letters, digits, -, _ and .")
  .meta({ title: "key of a Secret" });

/** Name of a namespace or Service: RFC 1123 label. */
export const labelName = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, "a lower-case DNS label of at most 63 characters (RFC 1123)")
  .meta({ title: "DNS label" });

/** A hostname, with an optional leading wildcard label (Gateway API `Hostname`). */
export const hostname = z
  .string()
  .max(253)
  .regex(
    /^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)+$/,
    "a hostname such as app.example.com or *.example.com",
  )
  .meta({ title: "hostname" });

/** A duration in Flux's format. */
export const duration = z
  .string()
  .regex(/^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$/, "a duration such as 30s, 10m or 1h")
  .meta({ title: "duration such as `10m`" });

/** A checksum, as `sha256sum` prints it. */
export const sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/, "64 lower-case hexadecimal digits (SHA-256)")
  .meta({ title: "64 hexadecimal digits" });

/** A network. */
export const cidr = z
  .union([z.cidrv4(), z.cidrv6()], { error: "a CIDR such as 192.0.2.0/24" })
  .meta({ title: "CIDR" });

/** A TCP port. */
export const port = z.int().min(1).max(65535).meta({ title: "port" });

/** A key of a label or annotation: an optional prefix (a DNS subdomain) and a name. */
const metadataKey = z
  .string()
  .regex(
    /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/,
    "a key such as app.kubernetes.io/name",
  );

/** Labels. */
export const labels = z
  .record(
    metadataKey,
    z
      .string()
      .regex(/^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/, "a label value of at most 63 characters"),
  )
  .meta({ title: "labels" });

/** Annotations. */
export const annotations = z.record(metadataKey, z.string()).meta({ title: "annotations" });

/** A Kubernetes quantity, for CPU, memory or storage (k8s.io/apimachinery, resource.Quantity; without the suffixes for less than a thousandth). */
export const quantity = z
  .string()
  .regex(/^[0-9]+(\.[0-9]+)?(m|k|[MGTPE]|[KMGTPE]i)?$/, "a Kubernetes quantity such as 100m or 64Mi")
  .meta({ title: "quantity such as `64Mi`" });

/** A Secret in the same namespace. */
export const secretReference = z.strictObject({ name: objectName.describe("Name of the Secret.") });

/** A directory in the GitOps repository. */
export const repositoryPath = z
  .string()
  .regex(
    /^\.(\/(?!\.\.(\/|$))[^/]+)*\/?$/,
    "a path inside the repository that starts with ./ and contains no ..",
  )
  .meta({ title: "path that starts with `./`" });
