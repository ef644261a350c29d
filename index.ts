export { release, versions, evidence, __evidence, gateways, fluxRevision, endpoints } from "./program.ts";
