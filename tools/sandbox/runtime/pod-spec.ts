import { type Pod, type Container } from "../agent/pod.ts";

/** A Pod with the fields that the runtime reads; {@link simulatedParts} lists all others that are set. */
export interface RealPod extends Pod {
  readonly metadata: Pod["metadata"] & {
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: Pod["spec"] & {
    readonly nodeName?: string;
    readonly containers: readonly RealContainer[];
    readonly initContainers?: readonly RealContainer[];
    readonly volumes?: readonly Volume[];
    readonly serviceAccountName?: string;
    readonly enableServiceLinks?: boolean;
    readonly terminationGracePeriodSeconds?: number;
    readonly dnsPolicy?: string;
    readonly hostname?: string;
    readonly subdomain?: string;
    readonly hostAliases?: readonly { readonly ip: string; readonly hostnames?: readonly string[] }[];
    readonly securityContext?: PodSecurity;
  };
}

interface PodSecurity {
  readonly runAsUser?: number;
  readonly runAsGroup?: number;
  readonly sysctls?: readonly { readonly name: string; readonly value: string }[];
}

/** A container with the fields that the runtime reads. */
export interface RealContainer extends Container {
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly workingDir?: string;
  readonly env?: readonly EnvVar[];
  readonly envFrom?: readonly EnvFrom[];
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
  readonly volumeMounts?: readonly VolumeMount[];
  readonly startupProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly resources?: {
    readonly requests?: Readonly<Record<string, string>>;
    readonly limits?: Readonly<Record<string, string>>;
  };
  readonly securityContext?: {
    readonly runAsUser?: number;
    readonly runAsGroup?: number;
    readonly allowPrivilegeEscalation?: boolean;
    readonly readOnlyRootFilesystem?: boolean;
    readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] };
  };
}

/** One variable of a container's environment. */
export interface EnvVar {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: {
    readonly fieldRef?: { readonly fieldPath: string };
    readonly resourceFieldRef?: {
      readonly containerName?: string;
      readonly resource: string;
      readonly divisor?: string;
    };
    readonly configMapKeyRef?: KeyRef;
    readonly secretKeyRef?: KeyRef;
  };
}

interface KeyRef {
  readonly name: string;
  readonly key: string;
  readonly optional?: boolean;
}

/** Variables from all keys of an object. */
export interface EnvFrom {
  readonly prefix?: string;
  readonly configMapRef?: { readonly name: string; readonly optional?: boolean };
  readonly secretRef?: { readonly name: string; readonly optional?: boolean };
}

/** A volume mount in a container. */
export interface VolumeMount {
  readonly name: string;
  readonly mountPath: string;
  readonly readOnly?: boolean;
  readonly subPath?: string;
}

/** Which keys of an object to use, and the file path for each key. */
export type Items = readonly { readonly key: string; readonly path: string; readonly mode?: number }[];

/** Files from an object in the pod's namespace. */
export interface ObjectSource {
  readonly name?: string;
  readonly items?: Items;
  readonly optional?: boolean;
}

/** Files from the pod's fields. */
export interface DownwardSource {
  readonly items?: readonly { readonly path: string; readonly fieldRef?: { readonly fieldPath: string } }[];
}

/** One part of a projected volume. */
export interface Projection {
  readonly configMap?: ObjectSource;
  readonly secret?: ObjectSource;
  readonly downwardAPI?: DownwardSource;
  readonly serviceAccountToken?: {
    readonly path: string;
    readonly audience?: string;
    readonly expirationSeconds?: number;
  };
}

/** A volume in a pod. */
export interface Volume {
  readonly name: string;
  readonly emptyDir?: object;
  readonly configMap?: ObjectSource & { readonly defaultMode?: number };
  readonly secret?: Omit<ObjectSource, "name"> & {
    readonly secretName?: string;
    readonly defaultMode?: number;
  };
  readonly downwardAPI?: DownwardSource & { readonly defaultMode?: number };
  readonly projected?: { readonly sources?: readonly Projection[]; readonly defaultMode?: number };
  readonly persistentVolumeClaim?: { readonly claimName: string; readonly readOnly?: boolean };
  readonly hostPath?: { readonly path: string };
}

/** A container's probe. */
export interface Probe {
  readonly httpGet?: {
    readonly path?: string;
    readonly port: number | string;
    readonly host?: string;
    readonly scheme?: "HTTP" | "HTTPS";
    readonly httpHeaders?: readonly { readonly name: string; readonly value: string }[];
  };
  readonly tcpSocket?: { readonly port: number | string; readonly host?: string };
  readonly exec?: { readonly command?: readonly string[] };
  readonly initialDelaySeconds?: number;
  readonly periodSeconds?: number;
  readonly timeoutSeconds?: number;
  readonly successThreshold?: number;
  readonly failureThreshold?: number;
  readonly terminationGracePeriodSeconds?: number;
}

/** All containers of a pod, init containers first. */
export function allContainers({ spec }: RealPod): readonly RealContainer[] {
  return [...(spec.initContainers ?? []), ...spec.containers];
}
