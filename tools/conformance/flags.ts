import { CLASS_NAME } from "./objects.ts";
import { PATIENCE_SECONDS } from "./patience.ts";

const REQUESTS = ["CreateTimeout", "DeleteTimeout", "GetTimeout"];

/** The suite's flags. The suite tests the features that Traefik claims to support. */
export function suiteFlags(claimed: readonly string[], version: string): string[] {
  return [
    "-test.v",
    // The package's other tests check the suite's own command line, with files that only its source tree has.
    "-test.run=^TestConformance$",
    `-gateway-class=${CLASS_NAME}`,
    "-conformance-profiles=GATEWAY-HTTP,GATEWAY-GRPC,GATEWAY-TLS",
    `-supported-features=${claimed.join(",")}`,
    `-timeout-config-overrides=${REQUESTS.map((name) => `${name}:${PATIENCE_SECONDS}`).join(";")}`,
    // No cleanup is needed: the whole sandbox is deleted afterwards.
    "-cleanup-base-resources=false",
    "-organization=traefik",
    "-project=traefik",
    "-url=https://traefik.io/",
    `-version=v${version}`,
    "-contact=@traefik/maintainers",
  ];
}
