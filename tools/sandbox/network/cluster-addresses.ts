/** The range of Service addresses. */
export const SERVICE_CIDR = "10.96.0.0/16";
/** The API server's address, the first in the range. */
export const APISERVER_ADDRESS = "10.96.0.1";
