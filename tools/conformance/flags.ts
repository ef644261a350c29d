import { CLASS_NAME } from "./objects.ts";

/** Features that Traefik's GatewayClass lists as supported but that this deployment does not have. Their tests are not run. */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  GatewayPort8080: "the component gives Traefik two entry points for listeners, on ports 80 and 443",
};

/** The suite's flags. The suite tests the features that Traefik claims to support, except those in {@link LEFT_OUT}. */
export function suiteFlags(claimed: readonly string[], version: string): string[] {
  const features = claimed.filter((name) => !(name in LEFT_OUT));
  return [
    "-test.v",
    `-gateway-class=${CLASS_NAME}`,
    "-conformance-profiles=GATEWAY-HTTP,GATEWAY-GRPC,GATEWAY-TLS",
    `-supported-features=${features.join(",")}`,
    // No cleanup is needed: the whole sandbox is deleted afterwards.
    "-cleanup-base-resources=false",
    "-organization=traefik",
    "-project=traefik",
    "-url=https://traefik.io/",
    `-version=v${version}`,
    "-contact=@traefik/maintainers",
  ];
}
