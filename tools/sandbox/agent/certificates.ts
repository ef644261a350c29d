import { ApiError } from "../../../kube/api-error.ts";
import { follow } from "./follow.ts";
import { type AgentContext } from "./pods.ts";

interface Gateway {
  readonly metadata: { readonly name: string; readonly namespace: string; readonly uid: string };
  readonly spec: {
    readonly listeners?: readonly {
      readonly hostname?: string;
      readonly tls?: {
        readonly certificateRefs?: readonly {
          readonly kind?: string;
          readonly name: string;
          readonly namespace?: string;
        }[];
      };
    }[];
  };
}

/**
 * Creates the missing Secrets that Gateway listeners refer to, with a self-signed certificate for the listener's host name: no certificate
 * authority can reach a sandbox, and a Gateway without its certificate serves nothing.
 */
export function serveCertificates({ api, log }: AgentContext): void {
  const gateways = follow<Gateway>({
    api,
    log,
    path: "/apis/gateway.networking.k8s.io/v1/gateways",
    optional: true,
    reconcile: async (key) => {
      const gateway = gateways.items.get(key);
      for (const { hostname = "localhost", tls } of gateway?.spec.listeners ?? []) {
        for (const {
          kind = "Secret",
          name,
          namespace = gateway?.metadata.namespace,
        } of tls?.certificateRefs ?? []) {
          if (kind === "Secret" && namespace !== undefined) await ensure(namespace, name, hostname);
        }
      }
    },
  });

  const known = new Set<string>();
  async function ensure(namespace: string, name: string, hostname: string): Promise<void> {
    const path = `/api/v1/namespaces/${namespace}/secrets`;
    // The agent is not allowed to read arbitrary Secrets: a conflict on creation shows that the Secret exists.
    if (known.has(`${namespace}/${name}`)) return;
    // Loaded only by clusters that need it, because it takes 9 MB.
    const { selfSigned } = await import("./self-signed.ts");
    const { certificate, key } = await selfSigned(hostname);
    const body = {
      metadata: { name, labels: { "edgefirst.dev/simulated": "certificate" } },
      type: "kubernetes.io/tls",
      stringData: { "tls.crt": certificate, "tls.key": key },
    };
    try {
      await api.call("POST", path, { body });
      log(`${namespace}/${name}: created a self-signed certificate for ${hostname}`);
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 409)) throw error;
    }
    known.add(`${namespace}/${name}`);
  }
}
