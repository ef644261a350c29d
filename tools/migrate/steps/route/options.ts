import { z } from "zod";

/** What the step `route` reads from the options. */
export const routeOptions = z.strictObject({
  /** The Gateway that replaces each ingress class. */
  gateways: z
    .record(
      z.string().min(1),
      z.strictObject({
        name: z.string().min(1),
        namespace: z.string().min(1),
        /** It redirects plain HTTP to HTTPS, as Ingresses of this class do today. */
        redirectsToHttps: z.boolean().default(false),
        /** Its Traefik runs the provider kubernetesCRD, so that routes can use Middlewares. */
        middlewares: z.boolean().default(false),
        /** The listener, by port or name, that replaces each entry point. */
        entryPoints: z
          .record(z.string().min(1), z.union([z.int().positive(), z.string().min(1)]))
          .default({}),
      }),
    )
    .default({}),
  /** Add the routes and keep the Ingresses. */
  keepIngress: z.boolean().default(false),
});

/** The options of the step `route`, defaults included. */
export type RouteOptions = z.output<typeof routeOptions>;
