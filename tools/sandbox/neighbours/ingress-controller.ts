import type { KubeObject } from "../../../kube/objects.ts";
import type { Neighbour } from "./neighbour.ts";

const NAMESPACE = "ingress-nginx";
const LABELS = { "app.kubernetes.io/name": "ingress-nginx" };
const named = (name: string) => ({ name, namespace: NAMESPACE, labels: LABELS });

const OBJECTS: readonly KubeObject[] = [
  {
    apiVersion: "networking.k8s.io/v1",
    kind: "IngressClass",
    metadata: {
      name: "nginx",
      labels: LABELS,
    },
    spec: { controller: "k8s.io/ingress-nginx" },
  },
  {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: named("controller"),
    spec: {
      replicas: 1,
      selector: { matchLabels: LABELS },
      template: {
        metadata: { labels: LABELS },
        spec: {
          containers: [
            {
              name: "controller",
              image: "registry.k8s.io/ingress-nginx/controller:v1.13.3",
              ports: [
                { name: "http", containerPort: 80 },
                { name: "https", containerPort: 443 },
              ],
            },
          ],
        },
      },
    },
  },
  {
    apiVersion: "v1",
    kind: "Service",
    metadata: named("controller"),
    spec: {
      type: "LoadBalancer",
      selector: LABELS,
      ports: [
        { name: "http", port: 80, targetPort: "http" },
        { name: "https", port: 443, targetPort: "https" },
      ],
    },
  },
  {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: named("shop"),
    spec: {
      ingressClassName: "nginx",
      rules: [
        {
          host: "shop.example.net",
          http: {
            paths: [
              {
                path: "/",
                pathType: "Prefix",
                backend: { service: { name: "controller", port: { number: 80 } } },
              },
            ],
          },
        },
      ],
    },
  },
];

/** A second ingress controller. ingress-nginx is no Go module, so its pod is simulated: there are only its objects. */
export const ingressController: Neighbour = {
  name: "ingress-nginx",
  namespace: NAMESPACE,
  programs: [],
  objects: () => Promise.resolve(OBJECTS),
  resources: () => Promise.resolve([]),
};
