import { z } from "zod";

/** Options for the `route` step. */
export const routeOptions = z.strictObject({
  /** The Gateway that replaces each ingress class. */
  gateways: z
    .record(
      z.string().min(1),
      z.strictObject({
        name: z.string().min(1),
        namespace: z.string().min(1),
        /** Something else creates the Gateway, such as a stack of the platform. */
        elsewhere: z.boolean().default(false),
        /** Its HTTPS listeners, by port or name, if the Gateway is not in this repository. */
        httpsListeners: z.array(z.union([z.int().positive(), z.string().min(1)])).default([]),
        /** The network policies that the step cannot judge let the Gateway's pods reach the apps. */
        reachesApps: z.boolean().default(false),
        /** Settings of the class's controller that the Gateway has as well, such as `hsts`. */
        provides: z.array(z.string().min(1)).default([]),
        /** The Gateway redirects plain HTTP to HTTPS, as Ingresses of this class do today. */
        redirectsToHttps: z.boolean().default(false),
        /** The Traefik behind the Gateway runs the kubernetesCRD provider, so routes can use Middlewares. */
        middlewares: z.boolean().default(false),
        /** The listener, by port or name, that replaces each entry point. */
        entryPoints: z
          .record(z.string().min(1), z.union([z.int().positive(), z.string().min(1)]))
          .default({}),
      }),
    )
    .default({}),
  /** The class of Ingresses and IngressRoutes that name none, in clusters for which the repository does not show it. */
  defaultClass: z.string().min(1).optional(),
  /** Add the routes and keep the Ingresses. */
  keepIngress: z.boolean().default(false),
});

/** Options for the `route` step, with defaults. */
export type RouteOptions = z.output<typeof routeOptions>;
