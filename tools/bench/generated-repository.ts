import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Number of documents in each generated app. */
export const DOCUMENTS_PER_APP = 4;

/** Writes a GitOps repository with one cluster. Each app is a HelmRelease of app-template with an Ingress, and has {@link DOCUMENTS_PER_APP} documents. */
export function generateRepository(root: string, apps: number): void {
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  write("kubernetes/home/flux/sources.yaml", SOURCES);
  write("kubernetes/home/flux/cluster.yaml", kustomization("cluster", "./kubernetes/home/flux"));
  write("kubernetes/home/flux/apps.yaml", kustomization("cluster-apps", "./kubernetes/home/apps"));
  write(
    ".edgefirst/migrate.yaml",
    "route:\n  gateways:\n    internal: { name: internal, namespace: network }\n",
  );
  const names = Array.from({ length: apps }, (_unused, index) => `app-${index}`);
  const entries = names.map((name) => `  - ${name}/ks.yaml\n`).join("");
  write("kubernetes/home/apps/kustomization.yaml", `resources:\n${entries}`);
  for (const name of names) {
    const directory = `kubernetes/home/apps/${name}`;
    write(`${directory}/ks.yaml`, `${kustomization(name, `./${directory}/app`)}  targetNamespace: apps\n`);
    write(`${directory}/app/kustomization.yaml`, "resources:\n  - helmrelease.yaml\n  - config.yaml\n");
    write(`${directory}/app/helmrelease.yaml`, release(name));
    write(
      `${directory}/app/config.yaml`,
      `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\ndata:\n  a: b\n`,
    );
  }
}

const SOURCES = `apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata:
  name: home
  namespace: flux-system
spec:
  interval: 1h
  url: https://git.example.com/home
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
metadata:
  name: bjw-s
  namespace: flux-system
spec:
  interval: 1h
  type: oci
  url: oci://ghcr.io/bjw-s-labs/helm
`;

const kustomization = (name: string, path: string): string => `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: ${name}
  namespace: flux-system
spec:
  interval: 1h
  path: ${path}
  prune: true
  sourceRef:
    kind: GitRepository
    name: home
`;

const release = (name: string): string => `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: ${name}
spec:
  interval: 30m
  chart:
    spec:
      chart: app-template
      version: 3.7.3
      sourceRef:
        kind: HelmRepository
        name: bjw-s
        namespace: flux-system
  values:
    controllers:
      main:
        containers:
          app:
            image:
              repository: ghcr.io/example/app
              tag: 1.0.0
            resources:
              limits: { memory: 1Gi }
    service:
      app:
        controller: main
        ports:
          http:
            port: 3000
    ingress:
      app:
        className: internal
        hosts:
          - host: ${name}.example.com
            paths:
              - path: /
                service:
                  identifier: app
                  port: http
`;
