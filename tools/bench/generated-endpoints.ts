import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Writes a repository in which each app has an HTTPRoute, and a ConfigMap with the route's Gatus endpoint. */
export function generateEndpoints(root: string, apps: number): void {
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  const names = Array.from({ length: apps }, (_unused, index) => `app-${index}`);
  const entries = names.map((name) => `  - ${name}\n`).join("");
  write("kubernetes/cluster.yaml", CLUSTER);
  write("kubernetes/gatus.yaml", GATUS);
  write("kubernetes/kustomization.yaml", "resources:\n  - cluster.yaml\n  - gatus.yaml\n  - apps\n");
  write("kubernetes/apps/kustomization.yaml", `resources:\n${entries}`);
  for (const name of names) {
    write(`kubernetes/apps/${name}/kustomization.yaml`, "resources:\n  - route.yaml\n  - endpoint.yaml\n");
    write(`kubernetes/apps/${name}/route.yaml`, route(name));
    write(`kubernetes/apps/${name}/endpoint.yaml`, endpoint(name));
  }
}

const CLUSTER = `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: cluster
  namespace: flux-system
spec:
  interval: 30m
  path: ./kubernetes
  prune: true
  sourceRef:
    kind: GitRepository
    name: home
`;

const GATUS = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: gatus
  namespace: observability
spec:
  template:
    spec:
      initContainers:
        - name: sidecar
          image: registry.example.com/tools/gatus-sidecar:0.5.0
          restartPolicy: Always
          args: ["--auto-httproute", "--output=/config/sidecar.yaml"]
      containers:
        - name: gatus
          image: registry.example.com/gatus:5.0.0
`;

const route = (name: string): string => `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: ${name}
  namespace: apps
spec:
  parentRefs:
    - name: external
      namespace: network
  hostnames:
    - ${name}.example.com
  rules:
    - backendRefs:
        - name: ${name}
          port: 80
`;

const endpoint = (name: string): string => `apiVersion: v1
kind: ConfigMap
metadata:
  name: ${name}-gatus-ep
  namespace: apps
  labels:
    gatus.io/enabled: "true"
data:
  config.yaml: |
    endpoints:
      - name: ${name}
        url: https://${name}.example.com/health
        interval: 1m
        conditions:
          - "[STATUS] == 200"
`;
