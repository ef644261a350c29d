/**
 * How long a request to the API server may take, in seconds. The suite's 10 s, and the 15 s within which its client expects an answer to a ping, are too short on
 * an overloaded machine. Results do not depend on it: other timeouts limit how long a route may take until it works.
 */
export const PATIENCE_SECONDS = 120;
