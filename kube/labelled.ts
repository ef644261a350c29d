import { EdgefirstError } from "../lib/errors.ts";
import type { LiveCluster } from "./client.ts";
import type { KubeObject } from "./objects.ts";

interface ApiGroup {
  readonly preferredVersion: { readonly groupVersion: string };
}
interface ApiResource {
  readonly name: string;
  readonly kind: string;
  readonly verbs: readonly string[];
}

/** Objects with a label, across all kinds that the cluster serves. */
export interface Labelled {
  readonly objects: readonly KubeObject[];
  /** API groups that could not be read. */
  readonly unread: readonly string[];
}

/** Lists every object with a label, of any kind. An aggregated API whose server is down is skipped and reported in `unread`. */
export async function labelledObjects(
  cluster: Pick<LiveCluster, "read">,
  label: string,
  value: string,
): Promise<Labelled> {
  const { groups } = (await cluster.read("/apis")) as { groups: ApiGroup[] };
  const versions = ["v1", ...groups.map(({ preferredVersion }) => preferredVersion.groupVersion)];
  const query = new URLSearchParams({ labelSelector: `${label}=${value}` }).toString();
  const found = await Promise.all(
    versions.map(async (apiVersion): Promise<KubeObject[] | string> => {
      const path = apiVersion === "v1" ? "/api/v1" : `/apis/${apiVersion}`;
      try {
        const { resources } = (await cluster.read(path)) as { resources: ApiResource[] };
        const lists = await Promise.all(
          resources.filter(isListed).map(async ({ name, kind }) => {
            const { items } = (await cluster.read(`${path}/${name}?${query}`)) as { items: KubeObject[] };
            return items.map((item) => ({ ...item, apiVersion, kind }));
          }),
        );
        return lists.flat();
      } catch (error) {
        // The core API is never aggregated, and without its objects the list would be useless.
        if (apiVersion !== "v1" && error instanceof EdgefirstError) return apiVersion;
        throw error;
      }
    }),
  );
  return {
    objects: found.filter((entry) => typeof entry !== "string").flat(),
    unread: found.filter((entry) => typeof entry === "string"),
  };
}

function isListed({ name, kind, verbs }: ApiResource): boolean {
  return verbs.includes("list") && !name.includes("/") && kind !== "Event";
}
