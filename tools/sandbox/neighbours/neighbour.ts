import type { KubeObject } from "../../../kube/objects.ts";
import type { Helm } from "../../render/helm.ts";

/** A program that clusters have in addition to the platform, with its objects. */
export interface Neighbour {
  readonly name: string;
  readonly namespace: string;
  /** The toolchain programs that its pods run. */
  readonly programs: readonly string[];
  /** Its objects, as upstream installs them. */
  readonly objects: (helm: Helm) => Promise<readonly KubeObject[]>;
  /** What a person creates once it runs, such as an issuer. */
  readonly resources: () => Promise<readonly KubeObject[]>;
}
