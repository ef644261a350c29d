export {
  release,
  versions,
  evidence,
  __evidence,
  __provider,
  gateways,
  fluxRevision,
  endpoints,
} from "./program.ts";
